from pipeline.model.identifiers import new_id


def test_ids_of_one_process_come_in_the_order_in_which_they_were_made() -> None:
    made = [new_id() for _ in range(3000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_ids_of_one_millisecond_come_in_order_and_begin_anywhere() -> None:
    made = [new_id(1_700_000_000_000) for _ in range(1000)]
    assert made == sorted(made)
    starts = {new_id(stamp)[15:18] for stamp in range(50)}
    assert len(starts) > 10
