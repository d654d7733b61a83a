"""Twelve steps in a row that do nothing: ten more than `start_end.py`."""

from stepwell import FlowSpec, step


class Chain(FlowSpec):
    @step
    def start(self):
        self.next(self.s1)

    @step
    def s1(self):
        self.next(self.s2)

    @step
    def s2(self):
        self.next(self.s3)

    @step
    def s3(self):
        self.next(self.s4)

    @step
    def s4(self):
        self.next(self.s5)

    @step
    def s5(self):
        self.next(self.s6)

    @step
    def s6(self):
        self.next(self.s7)

    @step
    def s7(self):
        self.next(self.s8)

    @step
    def s8(self):
        self.next(self.s9)

    @step
    def s9(self):
        self.next(self.s10)

    @step
    def s10(self):
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    Chain()
