namespace CsAligner.Tensors.Tests;

public class InputExceptionTests
{
    [Fact]
    public void A_message_is_one_line_that_leaves_the_terminal_alone() =>
        Assert.Equal("cannot read 'a b': ?[31mé", new InputException("cannot read 'a\r\nb': \u001b[31mé").Message);

    [Fact]
    public void Of_a_very_long_message_beginning_and_end_are_kept()
    {
        string message = new InputException("cannot read 'x': " + new string('a', 100_000) + "; do this").Message;
        Assert.True(message.Length < 2000);
        Assert.StartsWith("cannot read 'x': a", message, StringComparison.Ordinal);
        Assert.EndsWith("a; do this", message, StringComparison.Ordinal);
    }
}
