import sys

from accesslog.cli import main

sys.exit(main())
