"""What learners write where a URL belongs: it raises nothing, and leads nowhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.evidence import Endpoint, Model, Unavailable
from graders.judging import rules
from graders.judging.ownership import key_of
from graders.lab import SHEET
from graders.services.azure_ml import scoring
from graders.services.http.read_only import service_of
from graders.urls import parameters_of, parts_of
from tests.support.correct_evidence import CI_RUN, LAB

NO_URLS = ("http://[", "https://℀/x", "http://a:b", "http://a:99999999/", "//[::1", "\x00", "")


@pytest.mark.parametrize("text", NO_URLS)
def test_what_is_no_url_has_no_parts(text: str) -> None:
    assert not any(parts_of(text)[1:]) or text == "\x00"
    assert parameters_of(text) == {}
    assert service_of(text) is None


def test_a_query_of_more_parameters_than_a_service_writes_has_none() -> None:
    assert parameters_of("https://dev.azure.com/o/p?" + "a=1&" * 5000) == {}
    assert parameters_of("https://dev.azure.com/o/p?buildId=7") == {"buildId": ["7"]}


@given(st.one_of(st.text(), st.sampled_from(NO_URLS)))
def test_no_tag_and_no_address_raises(text: str) -> None:
    tags = {"BuildId": str(CI_RUN.id), "BuildUri": text, "experiment_name": LAB.experiment}
    model = Model(LAB.model, "1", tags)
    assert rules.registered_by([model], [CI_RUN], LAB) == []
    assert rules.unlinked_models([model], [CI_RUN], LAB)
    endpoint = Endpoint("e", 1, "Healthy", "ACI", 1.0, 4.0, False, text, "", ())
    assert isinstance(key_of(endpoint, SHEET.tags), str)
    assert isinstance(scoring.ask(endpoint, None, SHEET.scoring, []), Unavailable)
