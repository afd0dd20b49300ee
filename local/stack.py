"""The template deployed to MiniStack, beside both simulators, for the demo and the e2e tests."""

import fcntl
import json
import os
import platform
import shutil
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Literal, Self

from local.build import BUILT, build, sam_environment
from local.checkout import ROOT, STATE, tool
from local.deployment import REGION, STACK_NAME, Deployment
from local.errors import LocalError
from local.ministack import start_ministack
from local.processes import (
    LOOPBACK,
    Child,
    ended_in_order,
    host_of,
    port_of,
    reserved_port,
    run,
    stop_all,
    undisturbed,
    url_of,
)
from simulators.demo_scenario import DEMO_AGREEMENT_TYPE, DEMO_PRODUCT

NEVER = "at(2099-01-01T00:00:00)"
"""The schedule of a local stack until it is fired."""
KEYS: Mapping[str, str] = {
    "gravityzone_api_key": "local-gravityzone-key",
    "connectwise_public_key": "localPublicKey00",
    "connectwise_private_key": "localPrivateKey0",
    "connectwise_client_id": "00000000-0000-4000-8000-000000000000",
}
"""Made-up keys that the simulators take."""

DEMO_PARAMETERS: Mapping[str, str] = {
    "ConnectWiseCompany": "brightlantern",
    "AgreementType": DEMO_AGREEMENT_TYPE,
    "Product": DEMO_PRODUCT,
    "BillingTimeZone": "UTC",
}
"""The answers to `sam deploy --guided` of the MSP in the simulators' default scenario."""

HOST_SEEN_FROM_CONTAINERS = "host.docker.internal"
"""The name by which a container calls the machine that it runs on."""

type Simulator = Literal["gravityzone", "connectwise"]

ARCHITECTURE = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"
"""This machine's, as the template names it."""

_NOBODY = "http://127.0.0.1:9"


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Keep a stack's name to one program at a time; LocalError if another one has it.

    Two programs would end each other's processes.
    """
    STATE.mkdir(exist_ok=True)
    with (STATE / f"{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalError(
                f"a stack named {name} is running already in this folder: wait for it, or end it"
            ) from None
        yield


class Stack(Deployment):
    """A deployment and all it needs, as a context.

    Within it MiniStack and the simulators run and the template is deployed; after it nothing is
    left.

    `parameters` are the template's, by name; those that follow from the machine and the simulators'
    ports are given already (a parameter of that name overrides). `simulators` names those to start,
    each with its further options. `keys` is the secret's value; None leaves the secret without one.
    `say` gets each step.

    `for_containers` is an address of this machine that containers reach: all listen there, the
    functions get it as containers see it, and MiniStack takes any credentials. Its own functions
    reach nothing then.

    Raises LocalError where a program does not start or a deployment fails.
    """

    def __init__(
        self,
        name: str,
        *,
        parameters: Mapping[str, str],
        simulators: Mapping[Simulator, Sequence[str]],
        keys: Mapping[str, str] | None = KEYS,
        for_containers: str | None = None,
        say: Callable[[str], None] = lambda _step: None,
    ) -> None:
        host = for_containers or LOOPBACK
        self._listener = reserved_port(host=host)
        self._listeners: dict[Simulator, socket.socket] = {
            each: reserved_port(host=host) for each in simulators
        }
        super().__init__(url_of(self._listener))
        self.directory = STATE / name
        self.simulator_urls: dict[Simulator, str] = {
            each: url_of(held) for each, held in self._listeners.items()
        }
        self.children: list[Child] = []
        self._for_containers = for_containers
        self._parameters = {**self._given_parameters(), **parameters}
        self._simulators = simulators
        self._keys = keys
        self._say = say
        self._ending = ExitStack()

    def __enter__(self) -> Self:
        """Start everything, deploy, and put the keys in the secret."""
        with ExitStack() as ending:
            for listener in (self._listener, *self._listeners.values()):
                ending.enter_context(listener)
            ending.enter_context(alone(self.directory.name))
            ending.enter_context(ended_in_order())
            ending.callback(self.stop)
            self.start()
            self.deploy()
            if self._keys is not None:
                self.put_secret(self._keys)
            self._ending = ending.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End every process that was started, and remove MiniStack's files; the logs stay."""
        self._ending.__exit__(kind, error, traceback)

    def start(self) -> None:
        """Start MiniStack and the simulators, build meanwhile, and wait until all listen."""
        shutil.rmtree(self.directory, ignore_errors=True)
        (self.directory / "files").mkdir(parents=True)
        self._say(
            "starting MiniStack" + "".join(f", {name} simulator" for name in self._simulators)
        )
        self.children.append(
            start_ministack(
                files=self.directory / "files",
                log=self.directory / "ministack.log",
                listener=self._listener,
                auth=not self._for_containers,
            )
        )
        self.children.extend(self._start_simulator(name) for name in self._simulators)
        self._say("building the functions and layers")
        self._say("built" if build() else "built already, nothing has changed")
        for child, url in zip(
            self.children, [self.endpoint, *self.simulator_urls.values()], strict=True
        ):
            child.wait_for_port(port_of(url), host=host_of(url))

    def stop(self) -> None:
        """End every process that was started, and remove MiniStack's files; the logs stay.

        Twice is once.
        """
        if self.children:
            with undisturbed():
                stop_all(self.children)
                self.children.clear()
                shutil.rmtree(self.directory / "files", ignore_errors=True)

    def leave_running(self) -> None:
        """Let the processes outlive the context; whoever asks for it has to end their groups."""
        self.children.clear()

    def deploy(self) -> None:
        """`sam deploy` the built template, with its parameters."""
        self._say("deploying the template")
        # Empty: the checkout's may hold answers of a guided deployment.
        settings = self.directory / "samconfig.toml"
        settings.write_text("version = 0.1\n")
        environment = {
            name: value for name, value in sam_environment().items() if not name.startswith("AWS_")
        }
        run(
            [
                tool(".tools/sam", "sam"),
                "deploy",
                *("--template-file", BUILT / "template.yaml"),
                *("--config-file", settings),
                *("--stack-name", STACK_NAME),
                *("--region", REGION),
                *("--capabilities", "CAPABILITY_IAM"),
                "--resolve-s3",
                "--no-confirm-changeset",
                "--no-progressbar",
                "--parameter-overrides",
                *(
                    f"ParameterKey={name},ParameterValue={json.dumps(v)}"
                    for name, v in self._parameters.items()
                ),
            ],
            log=self.directory / "deploy.log",
            environment={
                **environment,
                "AWS_ENDPOINT_URL": self.endpoint,
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",  # MiniStack's root
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                "SAM_CLI_POLL_DELAY": "0.5",  # seconds, in place of 5
            },
            directory=ROOT,
        )

    def _given_parameters(self) -> dict[str, str]:
        urls = {
            "GravityZoneUrl": f"{self._seen(self.simulator_urls.get('gravityzone', _NOBODY))}/api",
            "ConnectWiseUrl": self._seen(self.simulator_urls.get("connectwise", _NOBODY)),
        }
        if self._for_containers:
            urls |= {
                "LocalHttpHost": HOST_SEEN_FROM_CONTAINERS,
                "AwsEndpointUrl": self._seen(self.endpoint),
            }
        return {
            **urls,
            "Architecture": ARCHITECTURE,
            "ScheduleExpression": NEVER,
            "TableProtection": "false",
        }

    def _seen(self, url: str) -> str:
        """An address of this machine as the functions see it."""
        return f"http://{HOST_SEEN_FROM_CONTAINERS}:{port_of(url)}" if self._for_containers else url

    def _start_simulator(self, name: Simulator) -> Child:
        listener = self._listeners[name]
        return Child.start(
            f"{name} simulator",
            [
                *(tool(".venv", "python"), "-m", "simulators", name),
                *("--listener", str(listener.fileno())),
                *self._simulators[name],
            ],
            log=self.directory / f"{name}.log",
            listener=listener,
            environment={"PATH": os.defpath},
        )
