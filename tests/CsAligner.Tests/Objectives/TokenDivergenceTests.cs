using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;

namespace CsAligner.Tests.Objectives;

/// <summary>The token objective against its definition: samples of any length, every switch of precision.</summary>
public class TokenDivergenceTests
{
    [Theory]
    [InlineData(5, 17, 9, 24, 0.5, 0.2)]
    [InlineData(5, 17, 9, 24, 0.05, 0.2)]
    [InlineData(3, 1, 1, 7, 0.6, 0.2)]
    [InlineData(2, 50, 77, 33, 0.4, 0.2)]
    [InlineData(4, 8, 6, 16, 0.08, 3)]
    public void It_agrees_with_the_definition(int batch, int longestX, int longestY, int width, double sigma, double shift)
    {
        var random = new RandomGenerator(9);
        double[,] rowsX = Clouds.Unit(batch * longestX, width, 5), rowsY = Clouds.Unit(batch * longestY, width, 6, shift);
        bool[,] maskX = Mask(batch, longestX, random), maskY = Mask(batch, longestY, random);
        var expected = NaiveObjective.TokenLevel(Cube(rowsX, batch), maskX, Cube(rowsY, batch), maskY, sigma);
        Tensor x = Parameter(rowsX, batch), y = Parameter(rowsY, batch);
        using var tape = new Tape();
        var loss = tape.TokenCauchySchwarz(x, maskX, y, maskY, sigma);
        Near.Relative(expected.Value, loss.Item, 2e-5);
        tape.Backward(loss);
        Near.Norm(expected.GradX.Cast<double>(), x.Grad.ToArray().Select(g => (double)g), 1e-4, "x");
        Near.Norm(expected.GradY.Cast<double>(), y.Grad.ToArray().Select(g => (double)g), 1e-4, "y");
    }

    private static bool[,] Mask(int batch, int longest, RandomGenerator random)
    {
        var mask = new bool[batch, longest];
        for (int b = 0; b < batch; b++)
            for (int t = 0; t < longest; t++) mask[b, t] = t == b % longest || random.Next(3) > 0;
        return mask;
    }

    private static double[,,] Cube(double[,] rows, int batch)
    {
        int tokens = rows.GetLength(0) / batch, width = rows.GetLength(1);
        var cube = new double[batch, tokens, width];
        Buffer.BlockCopy(rows, 0, cube, 0, rows.Length * sizeof(double));
        return cube;
    }

    private static Tensor Parameter(double[,] rows, int batch)
    {
        var tensor = Tensor.From([.. rows.Cast<double>().Select(v => (float)v)], batch, rows.GetLength(0) / batch, rows.GetLength(1));
        tensor.RequiresGrad = true;
        return tensor;
    }
}
