"""The train step, called as its tests call it."""

from workflow_scripts.steps import train


def run(inputs, out, settings, **more):
    """Train; returns the bytes of weights and history."""
    train.main(changed(inputs.arguments(out=out, settings=settings), more))
    return (out / "weights.safetensors").read_bytes(), (out / "history.csv").read_bytes()


def tensors_in(raw):
    """The bytes of the tensors in those of a weights file."""
    return raw[8 + int.from_bytes(raw[:8], "little") :]


def changed(arguments, more):
    """Arguments of a step with some others."""
    for name, value in more.items():
        setattr(arguments, name, value)
    return arguments
