using System.Numerics.Tensors;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Matrices;

/// <summary>
/// The inverse of a symmetric positive definite matrix in float64, by blocks: A = L L^T (Cholesky), Z = L^-1 by forward substitution,
/// A^-1 = Z^T Z. About 4/3 n^3 flops. The same bits for any number of threads.
/// </summary>
internal static unsafe class SymmetricInverse
{
    private const int Block = 64;
    private const int RowsPerTask = 32;

    /// <summary>inverse = a^-1, both [n, n]; a is destroyed. False if a is not positive definite.</summary>
    public static bool Invert(double* a, int n, double* inverse)
    {
        using var scratch = new Scratch();
        if (!Factor(a, n, scratch)) return false;
        double* z = scratch.Doubles((long)n * n);
        InvertFactor(a, n, z);
        Float64Gemm.Gram(z, n, n, inverse, lower: true);
        return true;
    }

    // The lower triangle of a becomes L.
    private static bool Factor(double* a, int n, Scratch scratch)
    {
        double* panel = scratch.Doubles((long)n * Block), products = scratch.Doubles((long)n * n);
        for (int start = 0; start < n; start += Block)
        {
            int first = start, width = Math.Min(Block, n - start), below = start + width;
            if (!FactorDiagonal(a, n, first, width)) return false;
            Blocks.For(n - below, RowsPerTask, (from, to) =>
            {
                for (int i = below + from; i < below + to; i++)
                {
                    Solve(a, n, first, width, i);
                    new ReadOnlySpan<double>(a + ((nint)i * n) + first,
                        width).CopyTo(new Span<double>(panel + ((nint)(i - below) * width), width));
                }
            });
            Blocks.For(n - below, RowsPerTask, (from, to) =>
            {
                double* product = products + ((nint)from * n);
                Float64Gemm.ForPairs<DotOperation>(panel + ((nint)from * width), to - from, panel, to, width, product, n);
                for (int i = from; i < to; i++)
                {
                    var row = new Span<double>(a + ((nint)(below + i) * n) + below, i + 1);
                    TensorPrimitives.Subtract(row, new ReadOnlySpan<double>(product + ((nint)(i - from) * n), i + 1), row);
                }
            });
        }

        return true;
    }

    private static bool FactorDiagonal(double* a, int n, int start, int width)
    {
        for (int i = start; i < start + width; i++)
        {
            Solve(a, n, start, i - start, i);
            double* row = a + ((nint)i * n);
            double rest = row[i] - Float64Gemm.Dot(row + start, row + start, i - start);
            if (!(rest > 0 && double.IsFinite(rest))) return false;
            row[i] = Math.Sqrt(rest);
        }

        return true;
    }

    // Row i's entries in the columns of the block: what L's rows of the block leave of them.
    private static void Solve(double* a, int n, int start, int width, int i)
    {
        double* row = a + ((nint)i * n) + start;
        for (int j = 0; j < width; j++)
        {
            double* left = a + ((nint)(start + j) * n) + start;
            row[j] = (row[j] - Float64Gemm.Dot(row, left, j)) / left[j];
        }
    }

    // z = L^-1, by panels of columns that do not depend on each other.
    private static void InvertFactor(double* factor, int n, double* z)
    {
        using var scratch = new Scratch();
        double* negative = scratch.Doubles((long)n * n), panels = scratch.Doubles((long)n * (n + Block));
        TensorPrimitives.Negate<double>(new ReadOnlySpan<double>(factor, n * n), new Span<double>(negative, n * n));
        Workers.For(Blocks.Count(n, Block), panel =>
        {
            int left = panel * Block, width = Math.Min(Block, n - left);
            double* columns = panels + ((nint)left * n);
            for (int start = left; start < n; start += Block)
            {
                int height = Math.Min(Block, n - start);
                if (start == left)
                    for (int i = 0; i < width; i++) columns[((nint)(left + i) * width) + i] = 1;
                Float64Gemm.AddProduct(negative + ((nint)start * n) + left, height, start - left, n, columns + ((nint)left * width),
                    width, columns + ((nint)start * width));
                for (int i = start; i < start + height; i++)
                {
                    double* row = columns + ((nint)i * width);
                    Float64Gemm.AddProduct(negative + ((nint)i * n) + start, 1, i - start, n, columns + ((nint)start * width),
                        width, row);
                    TensorPrimitives.Multiply(new ReadOnlySpan<double>(row, width), 1 / factor[((nint)i * n) + i],
                        new Span<double>(row, width));
                }
            }

            for (int i = left; i < n; i++)
                new ReadOnlySpan<double>(columns + ((nint)i * width), width).CopyTo(new Span<double>(z + ((nint)i * n) + left, width));
        });
    }
}
