using CsAligner.Models;
using CsAligner.Tensors;

namespace CsAligner.Onnx.Tests;

public sealed class OnnxFeaturesTests
{
    [Theory]
    [InlineData(3, 0, 1f, null)]
    [InlineData(3, 3, 1f, null)]
    [InlineData(3, 2, 1f, "has features of 3 values, but had 2 before")]
    [InlineData((1 << 20) + 1, 0, 1f, "has features of 1048577 values, more than any encoder")]
    public void Rows_are_of_one_width_and_of_unit_length_or_refused(int width, int expected, float value, string? says)
    {
        double square = 0;
        var failure =
            Record.Exception(() =>
                OnnxFeatures.Read(Enumerable.Repeat(value, width).ToArray(), [1, width], OnnxPooling.Auto, [], 1, expected,
                    (_, row) => square = Square(row), "x.onnx: output y"));
        if (says is null)
        {
            Assert.Null(failure);
            Assert.Equal(1, square, 1e-5);
            return;
        }

        Assert.Contains("x.onnx: output y " + says, Assert.IsType<InputException>(failure).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1e-20f, true)]
    [InlineData(float.NaN, false)]
    [InlineData(float.NegativeInfinity, false)]
    public void Rows_without_a_direction_are_left_to_the_batch_which_refuses_them(float value, bool isZero)
    {
        var features = new Tensor(2, 3);
        OnnxFeatures.Read([1, 2, 3, value, value, value], [2, 3], OnnxPooling.Auto, [], 2, 3,
            (i, row) => row.CopyTo(features.Span[(i * 3)..]), "y");
        var failure = Assert.Throws<UnusableFeaturesException>(() => new EmbeddedBatch(5, features));
        Assert.Equal((6, isZero), (failure.Sample, failure.IsZero));
    }

    private static double Square(ReadOnlySpan<float> row)
    {
        double sum = 0;
        foreach (float value in row) sum += (double)value * value;
        return sum;
    }
}
