"""What the checks of the package call lost, by made-up readings."""
import unittest

from installed import keys, lost


class LostTests(unittest.TestCase):
    def test_nothing_is_lost_of_what_arrived_again_and_in_another_order(self):
        self.assertEqual(lost({(1, 1), (1, 2)}, [(1, 2), (1, 1), (1, 2)]), [])

    def test_what_was_accepted_last_is_lost_though_no_later_one_arrived(self):
        self.assertEqual(lost({(1, 3), (1, 4)}, [(1, 1), (1, 2)]), [(1, 3), (1, 4)])

    def test_what_was_accepted_first_is_lost_though_no_earlier_one_arrived(self):
        self.assertEqual(lost({(2, 1)}, [(1, 7), (2, 2), (2, 3)]), [(2, 1)])

    def test_a_whole_start_is_lost_of_which_nothing_arrived(self):
        self.assertEqual(lost({(2, 1), (2, 2)}, [(1, 1), (3, 1)]), [(2, 1), (2, 2)])

    def test_what_lies_between_is_lost_though_nobody_saw_it_accepted(self):
        self.assertEqual(lost(set(), [(1, 1), (1, 3), (2, 9)]), [(1, 2)])

    def test_keys_are_found_in_what_the_queue_exports(self):
        line = '{"topic":"bed/attic/count","payload":{"value":1,"id":"bed-17-%06d"}}'
        self.assertEqual(keys(f'{line % 1}\n{line % 12}\n'), [(17, 1), (17, 12)])


if __name__ == '__main__':
    unittest.main()
