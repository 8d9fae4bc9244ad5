using CsAligner.Tensors;

namespace CsAligner.Onnx.Tests;

public sealed class OnnxFeaturesTests
{
    [Theory]
    [InlineData(3, 0, 1f, null)]
    [InlineData(3, 3, 1f, null)]
    [InlineData(3, 2, 1f, "has features of 3 values where it had 2 before")]
    [InlineData(3, 0, 1e-20f, "is zero throughout for a sample")]
    [InlineData((1 << 20) + 1, 0, 1f, "has features of 1048577 values, more than any encoder")]
    public void Rows_are_of_one_width_and_of_unit_length_or_refused(int width, int expected, float value, string? says)
    {
        double square = 0;
        var failure = Record.Exception(() => OnnxFeatures.Read(Enumerable.Repeat(value, width).ToArray(), [1, width], OnnxPooling.Auto, [], 1, expected, (_, row) => square = Square(row), "x.onnx: output y"));
        if (says is null)
        {
            Assert.Null(failure);
            Assert.Equal(1, square, 1e-5);
            return;
        }

        Assert.Contains("x.onnx: output y " + says, Assert.IsType<InputException>(failure).Message, StringComparison.Ordinal);
    }

    private static double Square(ReadOnlySpan<float> row)
    {
        double sum = 0;
        foreach (float value in row) sum += (double)value * value;
        return sum;
    }
}
