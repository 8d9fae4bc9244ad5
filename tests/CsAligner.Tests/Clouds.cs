using CsAligner.Tensors;

namespace CsAligner.Tests;

/// <summary>Seeded point clouds.</summary>
internal static class Clouds
{
    public static double[,] Normal(int rows, int width, ulong seed, double shift = 0, double scale = 1)
    {
        var random = new RandomGenerator(seed);
        var points = new double[rows, width];
        for (int i = 0; i < rows; i++)
            for (int d = 0; d < width; d++)
                points[i, d] = (float)(shift + scale * random.NextNormal());
        return points;
    }

    /// <summary>Rows of norm 1 around a common direction, as an encoder gives them.</summary>
    public static double[,] Unit(int rows, int width, ulong seed, double shift = 0)
    {
        var points = Normal(rows, width, seed, shift);
        for (int i = 0; i < rows; i++)
        {
            double squared = 0;
            for (int d = 0; d < width; d++) squared += points[i, d] * points[i, d];
            for (int d = 0; d < width; d++) points[i, d] = (float)(points[i, d] / Math.Sqrt(squared));
        }

        return points;
    }

    /// <summary>Rows of norm 1 that vary most in six directions, as encoders' features vary in few; a shift makes a gap.</summary>
    public static Tensor Flat(int rows, int width, ulong seed, float shift)
    {
        var cloud = Tensor.Normal(new RandomGenerator(seed), 1, rows, width);
        for (int r = 0; r < rows; r++)
        {
            var row = cloud.Span.Slice(r * width, width);
            for (int d = 0; d < width; d++) row[d] = (row[d] * (d < 6 ? 1 : 0.3f)) + shift;
            float length = System.Numerics.Tensors.TensorPrimitives.Norm<float>(row);
            System.Numerics.Tensors.TensorPrimitives.Divide(row, length, row);
        }

        return cloud;
    }
}
