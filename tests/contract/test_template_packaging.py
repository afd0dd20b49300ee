"""What `sam build` and `sam validate` let pass, and would fail in AWS only."""

import re
from pathlib import Path

import pytest

from local.checkout import ROOT
from tests.contract.template import Template

LAYERS = ["DependenciesLayer", "PdfLayer", "TallyLayer"]
OF_OTHERS = ["DependenciesLayer", "PdfLayer"]
FUNCTIONS = {
    "EvidenceFunction": "evidence",
    "BookFunction": "book",
    "PlannerFunction": "planner",
    "ReporterFunction": "reporter",
    "TicketsFunction": "tickets",
    "WorkerFunction": "worker",
}


def test_every_function_and_layer_is_looked_at(template: Template) -> None:
    """A function or layer that is added gets into these tests, or fails this one."""
    assert sorted(template.of_type("AWS::Serverless::LayerVersion")) == LAYERS
    assert sorted(template.of_type("AWS::Serverless::Function")) == sorted(FUNCTIONS)


@pytest.mark.parametrize("layer", LAYERS)
def test_layers_are_built_for_the_architecture_deployed(template: Template, layer: str) -> None:
    """A layer without BuildMethod is zipped as it lies there; without BuildArchitecture it is
    x86-64's.
    """
    metadata = template.resources[layer]["Metadata"]
    assert metadata == {"BuildMethod": "makefile", "BuildArchitecture": {"Ref": "Architecture"}}
    assert sorted(template.properties(layer)["CompatibleArchitectures"]) == ["arm64", "x86_64"]
    assert template.body["Globals"]["Function"]["Architectures"] == [{"Ref": "Architecture"}]
    assert template.parameters["Architecture"]["AllowedValues"] == ["arm64", "x86_64"]


@pytest.mark.parametrize("layer", LAYERS)
def test_old_layer_versions_do_not_pile_up(template: Template, layer: str) -> None:
    """A deployment takes the layer version that it replaces away."""
    assert template.properties(layer)["RetentionPolicy"] == "Delete"


def test_one_python_version_everywhere(template: Template) -> None:
    """Functions, layers, their wheels, their bytecode and the development environment are of one
    Python.
    """
    version = (ROOT / ".python-version").read_text().strip()
    assert template.body["Globals"]["Function"]["Runtime"] == f"python{version}"
    for layer in LAYERS:
        assert template.properties(layer)["CompatibleRuntimes"] == [f"python{version}"]
        makefile = (ROOT / template.properties(layer)["ContentUri"] / "Makefile").read_text()
        assert f"for name in python{version} python3 python" in makefile
        assert f"sys.version_info[:2] != ({version.replace('.', ', ')})" in makefile
        assert set(re.findall(r"--python-version (\S+)", makefile)) <= {version}


@pytest.mark.parametrize("layer", LAYERS)
def test_layer_sources_have_no_python_folder(template: Template, layer: str) -> None:
    """The build makes the folder `python`; one in the source would end up as python/python."""
    source = ROOT / template.properties(layer)["ContentUri"]
    assert not (source / "python").exists()
    assert not list(source.glob("**/pyproject.toml"))


@pytest.mark.parametrize("layer", LAYERS)
def test_a_makefile_has_its_layers_target(template: Template, layer: str) -> None:
    """`sam build` calls make with `build-` and the layer's name in the template."""
    makefile = (ROOT / template.properties(layer)["ContentUri"] / "Makefile").read_text()
    assert f"\nbuild-{layer}:" in makefile


@pytest.mark.parametrize(("function", "package"), FUNCTIONS.items())
def test_functions_keep_their_package_name(
    template: Template, built: Path, function: str, package: str
) -> None:
    """Tests, mypy and Lambda import a handler by the same name, and an artifact holds nothing
    else.
    """
    assert template.properties(function)["Handler"] == f"{package}.handler.handler"
    assert template.properties(function)["CodeUri"] == f"functions/{package}/"
    files = {
        path.relative_to(built / function)
        for path in (built / function).rglob("*")
        if path.is_file()
    }
    assert Path(package, "handler.py") in files
    assert {path.parts[0] for path in files} == {package}


def test_the_tally_layer_holds_the_package_alone(built: Path) -> None:
    """All that a build leaves in a layer's folder is shipped: no tests, no settings of tools, all
    the bytecode.
    """
    layer = built / "TallyLayer"
    assert [path.name for path in layer.iterdir()] == ["python"]
    assert [path.name for path in (layer / "python").iterdir()] == ["tally"]
    source = ROOT / "layers" / "tally" / "tally"
    modules = {path.relative_to(source) for path in source.rglob("*.py")}
    assert {path.relative_to(layer / "python" / "tally") for path in layer.rglob("*.py")} == modules
    assert len(list(layer.rglob("*.pyc"))) == len(modules)


@pytest.mark.parametrize("layer", OF_OTHERS)
def test_a_layer_serves_both_architectures(built: Path, layer: str) -> None:
    """Compiled modules are there for both: no answer to `sam deploy --guided` gives functions that
    cannot import.
    """
    site = built / layer / "python"
    compiled = [path.relative_to(site).as_posix() for path in site.rglob("*.so")]
    modules = {architecture: set() for architecture in ("x86_64", "aarch64")}  # type: dict[str, set[str]]
    for name in compiled:
        module, architecture = re.fullmatch(
            r"(.+)\.cpython-313-(x86_64|aarch64)-linux-gnu\.so", name
        ).groups()  # type: ignore[union-attr]
        modules[architecture].add(module)
    assert modules["x86_64"] == modules["aarch64"] != set()


@pytest.mark.parametrize(
    ("layer", "module"),
    [("DependenciesLayer", "pydantic/main"), ("PdfLayer", "reportlab/rl_config")],
)
def test_a_layer_ships_bytecode_that_is_used_unchecked(
    built: Path, layer: str, module: str
) -> None:
    """Import time in Lambda: bytecode for every module, not compared with the source's date, which
    a zip changes.
    """
    site = built / layer / "python"
    sources = [path for path in site.rglob("*.py") if "dist-info" not in path.as_posix()]
    missing = [
        path
        for path in sources
        if not (path.parent / "__pycache__" / f"{path.stem}.cpython-313.pyc").exists()
    ]
    assert not missing
    package, name = module.split("/")
    some = next(site.glob(f"{package}/__pycache__/{name}.*.pyc"))
    hash_based, check_source = 0b01, 0b10
    assert (
        int.from_bytes(some.read_bytes()[4:8], "little") & (hash_based | check_source) == hash_based
    )


def test_what_draws_pdfs_is_attached_to_the_book_alone(template: Template) -> None:
    """PROOF-2: the layer that draws PDFs is that of the one function that draws some: no other
    function's start is made longer by it.
    """
    common = {"Ref": "DependenciesLayer"}, {"Ref": "TallyLayer"}
    assert tuple(template.body["Globals"]["Function"]["Layers"]) == common
    more = {each: template.properties(each).get("Layers") for each in FUNCTIONS}
    assert more == {**dict.fromkeys(FUNCTIONS), "BookFunction": [{"Ref": "PdfLayer"}]}


@pytest.mark.parametrize("module", ["uharfbuzz._harfbuzz", "PIL._imaging", "bidi.bidi"])
def test_what_draws_pdfs_has_its_compiled_modules(built: Path, module: str) -> None:
    """Without one of them a page would not be drawn, or marks would stand in other places."""
    path = built / "PdfLayer" / "python" / module.replace(".", "/")
    for architecture in ("x86_64", "aarch64"):
        assert path.with_name(f"{path.name}.cpython-313-{architecture}-linux-gnu.so").exists()


@pytest.mark.parametrize(
    ("layers", "most"),
    [(["DependenciesLayer", "TallyLayer"], 40_000_000), (LAYERS, 110_000_000)],
    ids=["all functions", "the book"],
)
def test_layers_fit_into_lambda(built: Path, layers: list[str], most: int) -> None:
    """Lambda takes 250 MB unzipped, all layers together; ours stay far below, for the sake of cold
    starts.
    """
    size = sum(
        path.stat().st_size
        for layer in layers
        for path in (built / layer).rglob("*")
        if path.is_file()
    )
    assert size < most
