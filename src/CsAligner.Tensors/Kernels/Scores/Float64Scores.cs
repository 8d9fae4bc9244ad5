using System.Numerics.Tensors;
using CsAligner.Tensors.Kernels.Matrices;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Scores;

// Shapes: x [M, D], y [N, D].

/// <summary>
/// Inner products of all rows of x with all rows of y in float64, tile by tile: <see cref="ScoreRows"/> for measures whose small
/// differences float32 would lose. Memory of two blocks of rows, whatever their number. A pair's product has the same bits wherever it
/// lies and whichever row comes first, and each row's columns come in ascending order, in the same tiles for any number of threads.
/// </summary>
internal static unsafe class Float64Scores
{
    /// <summary>Columns that a visitor sees at a time, at most.</summary>
    public const int ColumnsPerTile = 256;

    private const int RowsPerTask = 16;

    /// <summary>Values of a block in float64: 16 MB.</summary>
    private const int BlockValues = 1 << 21;

    /// <summary>Sees the products of a row of x with the rows of y from <paramref name="firstColumn"/> on, and may change them.</summary>
    public delegate void Visitor(int row, Span<double> products, int firstColumn);

    /// <summary>Calls <paramref name="visit"/> for every row of x and run of rows of y, for different rows at the same time.</summary>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D].</param>
    /// <param name="visit">Takes the products.</param>
    /// <param name="blockValues">Values of a block; results do not depend on it.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    public static void ForEach(Tensor x, Tensor y, Visitor visit, int blockValues = BlockValues, CancellationToken cancellation = default)
    {
        int width = x.Width;

        // Whole tiles: cut elsewhere, sums over tiles would be added in another order.
        int height = Math.Max(1, blockValues / Math.Max(1, width) / ColumnsPerTile) * ColumnsPerTile;
        using var scratch = new Scratch();
        double* rows = scratch.Doubles((long)Math.Min(height, x.Rows) * width);
        double* columns = scratch.Doubles((long)Math.Min(height, y.Rows) * width);
        for (int top = 0; top < x.Rows; top += height)
        {
            int first = top, count = Math.Min(height, x.Rows - top);
            Widen(x, top, count, rows);
            for (int left = 0; left < y.Rows; left += height)
            {
                cancellation.ThrowIfCancellationRequested();
                int firstColumn = left, total = Math.Min(height, y.Rows - left);
                Widen(y, left, total, columns);
                Blocks.For(
                    count, RowsPerTask, (start, end) => VisitRows(rows, start, end, first, columns, total, firstColumn, width, visit));
            }
        }
    }

    /// <summary>|x_i|^2 of each row, the same bits as the product of the row with itself.</summary>
    public static double[] SquaredLengths(Tensor x)
    {
        var squared = new double[x.Rows];
        int width = x.Width;
        Blocks.ForRows(x.Rows, width, (start, end) =>
        {
            var wide = new double[width];
            fixed (double* row = wide)
            {
                for (int i = start; i < end; i++)
                {
                    Widen(x, i, 1, row);
                    squared[i] = Float64Gemm.Dot(row, row, width);
                }
            }
        });
        return squared;
    }

    private static void VisitRows(
        double* rows, int start, int end, int first, double* columns, int total, int firstColumn, int width, Visitor visit)
    {
        double* tile = stackalloc double[RowsPerTask * ColumnsPerTile];
        for (int column = 0; column < total; column += ColumnsPerTile)
        {
            int count = Math.Min(ColumnsPerTile, total - column);
            Float64Gemm.ForPairs<DotOperation>(
                rows + ((nint)start * width), end - start, columns + ((nint)column * width), count, width, tile, ColumnsPerTile);
            for (int i = start; i < end; i++)
                visit(first + i, new Span<double>(tile + ((i - start) * ColumnsPerTile), count), firstColumn + column);
        }
    }

    private static void Widen(Tensor from, int first, int count, double* to)
    {
        int width = from.Width;
        Blocks.ForRows(count, width, (start, end) => TensorPrimitives.ConvertTruncating<float, double>(
            new ReadOnlySpan<float>(from.Pointer + ((nint)(first + start) * width), (end - start) * width),
            new Span<double>(to + ((nint)start * width), (end - start) * width)));
        GC.KeepAlive(from);
    }
}
