using CsAligner.Tensors.Kernels.Matrices;

namespace CsAligner.Tensors.Tests.Kernels;

public unsafe class Float64GemmTests
{
    [Theory]
    [InlineData(2, 3)]
    [InlineData(511, 9)]
    [InlineData(8192, 5)]
    [InlineData(16_384 + 700, 13)]
    public void A_covariance_over_many_pieces_has_the_bits_of_one(int rows, int width)
    {
        var x = Tensor.Normal(new RandomGenerator(1), 1, rows, width);
        double[] mean =
            [.. Enumerable.Range(0, width).Select(d => Enumerable.Range(0, rows).Average(i => (double)x.Span[(i * width) + d]))];
        var found = new double[width * width];
        fixed (double* target = found) Float64Gemm.Covariance(x, target);
        for (int i = 0; i < width; i++)
        {
            for (int j = 0; j < width; j++)
            {
                double expected = Enumerable.Range(0, rows)
                    .Sum(r => (x.Span[(r * width) + i] - mean[i]) * (x.Span[(r * width) + j] - mean[j])) / (rows - 1);
                Assert.Equal(expected, found[(i * width) + j], 1e-12);
            }
        }

        // Pieces of whole blocks are added in the order of one.
        double[] whole = new double[width * width], parts = new double[width * width],
            wide = [.. x.Span.ToArray().Select(value => (double)value)];
        fixed (double* from = wide, a = whole, b = parts)
        {
            Float64Gemm.TransposeProduct(from, width, from, width, rows, a);
            for (int first = 0; first < rows; first += 8192)
                Float64Gemm.AddTransposeProduct(from + ((long)first * width), width, from + ((long)first * width), width,
                    Math.Min(8192, rows - first), b);
        }

        Assert.Equal(whole, parts);
    }
}
