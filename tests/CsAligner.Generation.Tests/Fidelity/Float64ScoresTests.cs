using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Scores;

namespace CsAligner.Generation.Tests.Fidelity;

public class Float64ScoresTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 5, 3)]
    [InlineData(15, 255, 7)]
    [InlineData(16, 256, 8)]
    [InlineData(17, 257, 9)]
    [InlineData(33, 513, 4)]
    [InlineData(300, 3, 21)]
    [InlineData(1, 700, 33)]
    public void Every_pair_is_seen_once_with_its_product(int rows, int columns, int width)
    {
        Tensor x = Tensor.Normal(new RandomGenerator(1), 1, rows, width), y = Tensor.Normal(new RandomGenerator(2), 1, columns, width);
        double[,] products = All(x, y), swapped = All(y, x), own = All(x, x);
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                double expected = 0;
                for (int d = 0; d < width; d++) expected += (double)x.Span[(i * width) + d] * y.Span[(j * width) + d];
                Assert.Equal(expected, products[i, j], 1e-12);
                Assert.Equal(products[i, j], swapped[j, i]);
            }
        }

        Assert.Equal(Enumerable.Range(0, rows).Select(i => own[i, i]), Float64Scores.SquaredLengths(x));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6000)]
    [InlineData(int.MaxValue)]
    public void Blocks_show_rows_the_same_tiles_in_the_same_order(int blockValues)
    {
        const int Rows = 530, Columns = 777, Width = 10;
        Tensor x = Tensor.Normal(new RandomGenerator(3), 1, Rows, Width), y = Tensor.Normal(new RandomGenerator(4), 1, Columns, Width);
        Assert.Equal(Seen(1 << 21), Seen(blockValues));

        // Of each row in turn its products, each with the first column of its tile.
        IEnumerable<(int First, double Product)> Seen(int values)
        {
            List<(int First, double Product)>[] seen = [.. Enumerable.Range(0, Rows).Select(_ => new List<(int First, double Product)>())];
            Float64Scores.ForEach(x, y, Keep, values, TestContext.Current.CancellationToken);
            return seen.SelectMany(row => row);

            void Keep(int row, Span<double> products, int first)
            {
                foreach (double product in products) seen[row].Add((first, product));
            }
        }
    }

    private static double[,] All(Tensor x, Tensor y)
    {
        var all = new double[x.Rows, y.Rows];
        Float64Scores.ForEach(x, y, (row, products, first) =>
        {
            for (int j = 0; j < products.Length; j++)
            {
                Assert.Equal(0, all[row, first + j]);
                all[row, first + j] = products[j];
            }
        });
        return all;
    }
}
