"""Talk over UDP, a UNIX socket, an abstract socket, and IPv6."""
import json, socket
cfg = json.load(open("attack_config.json"))
for family, kind, place in (
    (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", cfg["udp_port"])),
    (socket.AF_UNIX, socket.SOCK_STREAM, cfg["unix_socket"]),
    (socket.AF_UNIX, socket.SOCK_STREAM, cfg["abstract_socket"]),
):
    try:
        s = socket.socket(family, kind)
        s.connect(place)
        s.send(b"CANARY-EXFIL")
        print("BREACH", place)
    except OSError as e:
        print("contained", place, e)
