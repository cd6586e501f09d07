"""From a finished run's bundle to pull requests, without running or checking out any of the project's code.

    archive    a folder or a zip file -> names and bytes, within limits
    bundle     names and bytes -> claims: typed, range-checked, and not believed about any code
    base       the project at the measured commit, as the forge has it
    rerun      a claim on the base's own bytes -> the same bytes again from our own transform, or a refusal
    plan       what there is and what is offered -> steps (pure)
    reviews    the same for a pull request: suggestions, or stacked pull requests (pure)
    carry_out  steps -> calls of the `Forge`

What comes from the bundle decides at most *which* rewrites of our own transforms are offered, and with which
numbers beside them. Every byte of code that is committed comes from the base and from the transforms.
"""
