"""How much memory draws take, estimated before they are made."""

from __future__ import annotations

from pathlib import Path

from demografi.errors import ScenarioError

__all__ = ["available", "check_room", "said"]

CGROUP = Path("/sys/fs/cgroup")
MEMINFO = Path("/proc/meminfo")


def available() -> int | None:
    """Return the memory that can be had without swapping [bytes]; None where the system does not say.

    The least of what Linux calls available and what is left to a container; elsewhere what psutil says, if installed.
    """
    found = [size for size in (_of_machine(), _of_container()) if size is not None]
    return min(found, default=None)


def _of_machine() -> int | None:
    if MEMINFO.is_file():
        for line in MEMINFO.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return 1024 * int(line.split()[1])
    try:
        import psutil  # type: ignore[import-untyped]  # no stubs; installed with the extra cluster
    except ImportError:
        return None
    return int(psutil.virtual_memory().available)


def _of_container() -> int | None:
    limit, used = CGROUP / "memory.max", CGROUP / "memory.current"
    if not (limit.is_file() and used.is_file()):
        return None
    most = limit.read_text(encoding="ascii").strip()
    return max(int(most) - int(used.read_text(encoding="ascii")), 0) if most.isdigit() else None


def check_room(draws: int, each: float, fixed: float, memory: float | None, hint: str) -> None:
    """Refuse what does not fit in memory.

    Parameters
    ----------
    draws
        How many are wanted.
    each, fixed
        What a draw takes, and what is taken whatever their number [bytes].
    memory
        What may be taken [bytes]; what is available by default.
    hint
        What to type, with ``{most}`` for the most draws that fit.

    Raises
    ------
    ScenarioError
        It does not fit, or the limit is no size.
    """
    if memory is not None and (isinstance(memory, bool) or not isinstance(memory, int | float) or not memory > 0):
        raise ScenarioError(f"{memory!r} is no amount of memory.", where="Wanted: bytes above 0.", hint="memory=4e9")
    limit = available() if memory is None else memory
    wanted = fixed + each * draws
    if limit is None or wanted <= limit:
        return
    most = int((limit - fixed) // each) if each else 0
    raise ScenarioError(
        f"{draws:,} draws would take {said(wanted)}; {said(limit)} {'is there' if memory is None else 'is allowed'}.",
        where=f"At most {most:,} fit." if most > 0 else f"{said(fixed)} is needed whatever their number.",
        hint=hint.format(most=f"{most:_}") if most > 0 else "Take fewer places at a time, or more memory.",
    )


def said(size: float) -> str:
    """Say a size, as in ``"1.5 GB"`` (10⁹ bytes).

    Examples
    --------
    >>> said(1.5e9), said(20e6)
    ('1.5 GB', '20 MB')
    """
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
