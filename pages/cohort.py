"""Cohort: what a bias of this strength does to a brain, at once; or what a person's own scans hold."""

from fairal.cohort.folder.collection import Collections
from fairal.ui.collections import choose_collection, show_collection
from fairal.ui.frame import begin, saying
from fairal.ui.synthetic import show_synthetic
from fairal.ui.upload_form import upload_section

store = begin("The cohort")
collections = Collections(store.home)
name = choose_collection(collections)
upload_section(store)
with saying():
    if name:
        show_collection(collections, name)
    else:
        show_synthetic()
