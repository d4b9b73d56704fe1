"""How the function's process is started: its command, and the variables of section (e)."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from poner.emulator.function import REGION, LocalFunction
from poner.limits import RUNTIMES

JSON_LOGGING = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}
"""What the JSON log format adds to section (e): the runtime interface client reads both, and
INFO is AWS's default for this format (its documentation, 2026-11)."""


@dataclass(frozen=True)
class Launch:
    """What every environment of a function is started from."""

    function: LocalFunction
    """The function, its settings checked."""
    interpreter: Path
    """Python of the cached environment that holds awslambdaric."""
    scratch_folder: Path
    """Private folder of this emulator; removed with all that is in it at the end."""
    task_folder: Path
    """The unpacked code, inside the scratch folder."""
    opt_folder: Path
    """The unpacked layers, inside the scratch folder; empty without layers."""

    @property
    def python_version(self) -> str:
        """The function's Python version, such as `3.13`."""
        return RUNTIMES[self.function.runtime].python_version

    @property
    def runtime_folder(self) -> Path:
        """What /var/runtime is on Lambda: the folder that awslambdaric is imported from."""
        library = self.interpreter.parent.parent / "lib" / f"python{self.python_version}"
        return library / "site-packages"


def layer_folders(function: LocalFunction, opt_folder: Path) -> tuple[Path, ...]:
    """Where modules of layers are imported from, in this order; none without layers.

    Section (e); /var/lang/lib/python3.13/site-packages, which comes next from Python 3.13 on, is
    one folder with /var/runtime here.
    """
    if not function.layers:
        return ()
    python = opt_folder / "python"
    version = RUNTIMES[function.runtime].python_version
    return python / "lib" / f"python{version}" / "site-packages", python


def variables(launch: Launch, temporary_folder: Path) -> dict[str, str]:
    """Every variable of section (e) but those that change with each process, then the user's.

    Paths of Lambda become the paths that stand for them here; /opt is left out of the search
    paths where there are no layers. TMPDIR, which Lambda does not have, stands for the private
    /tmp: it leads `tempfile` to it.
    """
    function = launch.function
    task, runtime, language = (
        launch.task_folder,
        launch.runtime_folder,
        launch.interpreter.parents[1],
    )
    stream = f"{time.strftime('%Y/%m/%d', time.gmtime())}/[$LATEST]{secrets.token_hex(16)}"
    version = tuple(int(part) for part in launch.python_version.split("."))
    libraries = (
        language / "lib",
        "/lib64",
        "/usr/lib64",
        runtime,
        runtime / "lib",
        task,
        task / "lib",
        *([launch.opt_folder / "lib"] if function.layers else []),
    )
    programs = f"{language}/bin:/usr/local/bin:/usr/bin/:/bin"
    return {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SESSION_TOKEN": "local",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{launch.python_version}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1:2000",
        "_AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1",
        "_AWS_XRAY_DAEMON_PORT": "2000",
        "LAMBDA_RUNTIME_DIR": str(runtime),
        "LAMBDA_TASK_ROOT": str(task),
        "LANG": "en_US.UTF-8",
        **({"LC_CTYPE": "C.UTF-8"} if version >= (3, 12) else {}),
        **(JSON_LOGGING if function.log_format == "json" else {}),
        "LD_LIBRARY_PATH": ":".join(map(str, libraries)),
        "PATH": f"{programs}:{launch.opt_folder}/bin" if function.layers else programs,
        "PWD": str(task),
        "PYTHONPATH": str(runtime),
        "SHLVL": "0",
        "TZ": ":UTC",
        "_HANDLER": function.handler,
        "TMPDIR": str(temporary_folder),
        **function.environment,
    }


def command(launch: Launch) -> list[str]:
    """How the process is started: the counterpart of Lambda's own bootstrap.

    `-S` keeps site-packages and .pth files out; `-B` because Lambda's task folder is read-only,
    so that no bytecode is ever written beside the code there. The layers' folders follow the
    handler, since Lambda has no variable for them.
    """
    bootstrap = str(Path(__file__).with_name("bootstrap.py"))
    layers = map(str, layer_folders(launch.function, launch.opt_folder))
    return [str(launch.interpreter), "-S", "-B", bootstrap, launch.function.handler, *layers]
