using CsAligner.Evaluation;
using CsAligner.Tensors;
using MathNet.Numerics.LinearAlgebra;

namespace CsAligner.Tests.Evaluation;

public sealed class PcaTests
{
    [Theory]
    [InlineData(5, 2)]
    [InlineData(40, 3)]
    public void The_components_are_those_of_the_full_eigenvalue_decomposition(int width, int components)
    {
        Tensor rows = Random(200, width, seed: 4);
        Pca pca = Pca.Fit([rows], components);
        Matrix<double> matrix = Matrix<double>.Build.Dense(200, width, (i, j) => rows.Span[(i * width) + j]);
        Vector<double> mean = matrix.ColumnSums() / 200;
        Matrix<double> centred = Matrix<double>.Build.Dense(200, width, (i, j) => matrix[i, j] - mean[j]);
        var evd = (centred.TransposeThisAndMultiply(centred) / 200).Evd(Symmetricity.Symmetric);
        double total = evd.EigenValues.Sum(value => value.Real);
        float[] projected = pca.Project(rows);
        for (int component = 0; component < components; component++)
        {
            int column = width - 1 - component;
            Assert.Equal(evd.EigenValues[column].Real / total, pca.ExplainedVariance[component], 1e-9);
            Vector<double> expected = centred * evd.EigenVectors.Column(column);
            double sign = Math.Sign(expected[0] * projected[component]);
            for (int i = 0; i < 200; i++)
                Assert.Equal(sign * expected[i], projected[(i * components) + component], 1e-4);
        }
    }

    [Fact]
    public void Pooling_two_sets_equals_fitting_their_rows_together()
    {
        Tensor whole = Random(90, 12, seed: 5);
        Tensor first = Tensor.From(whole.Span[..(30 * 12)], 30, 12);
        Tensor second = Tensor.From(whole.Span[(30 * 12)..], 60, 12);
        Assert.Equal(Pca.Fit([whole]).Project(first), Pca.Fit([first, second]).Project(first));
    }

    [Fact]
    public void A_line_of_points_keeps_its_distances_on_the_first_component()
    {
        var rows = Tensor.From([0, 0, 0, 3, 4, 0, 6, 8, 0], 3, 3);
        Pca pca = Pca.Fit([rows], 2);
        float[] map = pca.Project(rows);
        Assert.Equal(1, pca.ExplainedVariance[0], 1e-12);
        Assert.Equal([-5f, 0f, 5f], [map[0], map[2], map[4]], (a, b) => Math.Abs(a - b) < 1e-5f);
        Assert.All(new[] { map[1], map[3], map[5] }, value => Assert.Equal(0, value, 1e-5f));
    }

    [Fact]
    public void Equal_rows_lie_in_the_origin()
    {
        var rows = Tensor.From([1, 2, 3, 1, 2, 3], 2, 3);
        Pca pca = Pca.Fit([rows], 2);
        Assert.All(pca.Project(rows), value => Assert.Equal(0, value));
        Assert.All(pca.ExplainedVariance, value => Assert.Equal(0, value));
    }

    [Fact]
    public void Sets_that_do_not_fit_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Pca.Fit([]));
        Assert.Throws<ArgumentException>(() => Pca.Fit([new Tensor(0, 4)]));
        Assert.Throws<ArgumentException>(() => Pca.Fit([new Tensor(2, 4), new Tensor(2, 3)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Pca.Fit([new Tensor(2, 4)], 5));
        Assert.Throws<ArgumentException>(() => Pca.Fit([Random(5, 4, 1)]).Project(new Tensor(2, 3)));
    }

    private static Tensor Random(int rows, int width, ulong seed)
    {
        var random = new RandomGenerator(seed);
        var tensor = new Tensor(rows, width);
        for (int i = 0; i < tensor.Length; i++)
            tensor.Span[i] = (float)(random.NextNormal() * (1 + (3.0 / (1 + (i % width)))));
        return tensor;
    }
}
