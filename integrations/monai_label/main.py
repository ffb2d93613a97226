"""A MONAI Label app whose next image is the one that fairal asks for, and whose saved masks go back to fairal.

It runs in MONAI Label's own environment and asks fairal by its command line: neither imports the other. See README.md.
"""

import json
import logging
import os
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

from monailabel.interfaces.app import MONAILabelApp
from monailabel.interfaces.datastore import Datastore
from monailabel.interfaces.exception import MONAILabelError, MONAILabelException
from monailabel.interfaces.tasks.strategy import Strategy

logger = logging.getLogger(__name__)


class Fairal:
    """fairal's command line, for one collection.

    Args:
        conf: Of the server: ``collection``, and optionally ``fairal`` (the command), ``home`` and ``k``.
    """

    def __init__(self, conf: dict[str, str]) -> None:
        if not conf.get("collection"):
            raise MONAILabelException(MONAILabelError.APP_INIT_ERROR, "Name a collection: --conf collection NAME")
        self.collection, self.k = conf["collection"], int(conf.get("k", "10"))
        self._command = conf.get("fairal", "fairal")
        self._home = ["--home", conf["home"]] if conf.get("home") else []
        rows = json.loads(self._run("collections", "--json"))
        here = [row for row in rows if row["collection"] == self.collection]
        if not here:
            names = ", ".join(row["collection"] for row in rows) or "none"
            raise MONAILabelException(
                MONAILabelError.APP_INIT_ERROR, f"fairal has no collection '{self.collection}'; there are: {names}"
            )
        self.folder, self.group = Path(here[0]["folder"]), here[0]["group"]

    def update(self) -> None:
        """Let fairal look again at the folder, for masks that came."""
        self._run("import", str(self.folder), "--name", self.collection, "--group", self.group, "--update")

    def wanted(self) -> list[dict[str, Any]]:
        """Ask whom to label next, best first."""
        return json.loads(self._run("next", self.collection, "--json", "--k", str(self.k)))["wanted"]

    def _run(self, *arguments: str) -> str:
        ran = subprocess.run([self._command, *arguments, *self._home], capture_output=True, text=True)
        if ran.returncode:
            said = ran.stderr.strip().splitlines()[-1:] or ["fairal failed without a word"]
            raise MONAILabelException(MONAILabelError.INVALID_INPUT, said[0])
        return ran.stdout


class FairalNext(Strategy):
    """Hands out fairal's list one image after the other; when it is used up, what was labelled enters the next one.

    Args:
        fairal: Whom to ask.
    """

    def __init__(self, fairal: Fairal) -> None:
        super().__init__("The scan that fairal asks for")
        self._fairal, self._list = fairal, []
        self._lock = threading.Lock()  # the server answers several people at a time

    def __call__(self, request: dict[str, Any], datastore: Datastore) -> dict[str, Any] | None:
        with self._lock:
            unlabelled = {self._file(datastore, id_): id_ for id_ in datastore.get_unlabeled_images()}
            self._list = self._still_open(unlabelled)
            if not self._list:
                self._fairal.update()
                self._list = self._fairal.wanted()
                self._list = self._still_open(unlabelled)
            if not self._list:
                return None
            first = self._list[0]
            logger.info("fairal: %s (%s, %s)", first["participant_id"], first["group"], first["reason"])
            id_ = unlabelled[os.path.realpath(first["file"])]
            return {"id": id_, "weight": first["score"], "reason": first["reason"]}

    @staticmethod
    def _file(datastore: Datastore, id_: str) -> str:
        return os.path.realpath(datastore.get_image_uri(id_))

    def _still_open(self, unlabelled: dict[str, str]) -> list[dict[str, Any]]:
        return [row for row in self._list if os.path.realpath(row["file"]) in unlabelled]


class FairalApp(MONAILabelApp):
    """Serves the images of a collection in the Decathlon's or nnU-Net's layout (``--studies FOLDER/imagesTr``)."""

    def __init__(self, app_dir: str, studies: str, conf: dict[str, str]) -> None:
        self.fairal = Fairal(conf)
        super().__init__(
            app_dir,
            studies,
            conf,
            name="fairal",
            description="Label next what fairal asks for, so that the segmentation works for every group",
            labels={"structure": 1},
        )

    def init_strategies(self) -> dict[str, Strategy]:
        return {"fairal": FairalNext(self.fairal)}

    def on_save_label(self, image_id: str, label_id: str) -> None:
        """Put a finished mask beside the others, where fairal looks for it; whole or not at all."""
        super().on_save_label(image_id, label_id)
        saved = Path(self.datastore().get_label_uri(label_id, "final"))
        target = self.fairal.folder / "labelsTr" / f"{image_id}{''.join(saved.suffixes)}"
        target.parent.mkdir(exist_ok=True)
        beside = target.with_name(f".{target.name}.part")
        shutil.copyfile(saved, beside)
        os.replace(beside, target)
        logger.info("The mask of %s is in %s", image_id, target)
