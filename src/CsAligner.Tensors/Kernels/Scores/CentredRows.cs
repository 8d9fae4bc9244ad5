using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Scores;

// Shapes: x [M, D], centre [D].

/// <summary>
/// Rows minus a point near their mean, so that float32 keeps their distances where they lie far from the origin and close
/// together. Centred rows are made where they are read, never stored as a whole.
/// </summary>
internal sealed unsafe class CentredRows
{
    private const int Lanes = 8;

    private readonly ScoreEpilogueKernel _kernel = ScoreEpilogueKernel.For(Simd.Path);

    public CentredRows(float* source, int count, int width, float* centre, Scratch scratch)
    {
        (Count, Width) = (count, width);
        Source = source;
        Centre = centre;
        HalfNorms = scratch.Doubles(count);
        Dots = scratch.Doubles(count);
        Blocks.ForRows(count, width, (start, end) =>
        {
            for (int i = start; i < end; i++) (HalfNorms[i], Dots[i]) = Measure(source + ((nint)i * width), centre, width);
        });
        for (int i = 0; i < count; i++)
        {
            LargestSquare = Math.Max(LargestSquare, 2 * HalfNorms[i]);
            LargestDot = Math.Max(LargestDot, Math.Abs(Dots[i]));
        }
        for (int d = 0; d < width; d++) CentreSquare += (double)centre[d] * centre[d];
    }

    public float* Source { get; }

    public int Count { get; }

    public int Width { get; }

    /// <summary>The point that is taken off.</summary>
    public float* Centre { get; }

    /// <summary>|centre|^2.</summary>
    public double CentreSquare { get; }

    /// <summary>|x_i - centre|^2 / 2.</summary>
    public double* HalfNorms { get; }

    /// <summary>(x_i - centre) . centre.</summary>
    public double* Dots { get; }

    /// <summary>The largest |x_i - centre|^2.</summary>
    public double LargestSquare { get; }

    /// <summary>The largest |(x_i - centre) . centre|.</summary>
    public double LargestDot { get; }

    /// <summary>How far the rows reach.</summary>
    public RowExtent Extent => new(LargestSquare, LargestDot, CentreSquare);

    /// <summary>The mean of two sets of rows, in float32.</summary>
    public static float* CommonCentre(float* x, int rows, float* y, int columns, int width, Scratch scratch)
    {
        double* sums = scratch.Doubles(width);
        RowSums.Add(x, rows, width, sums);
        if (y != null) RowSums.Add(y, columns, width, sums);
        else columns = 0;
        float* centre = scratch.Floats(width);
        for (int d = 0; d < width; d++) centre[d] = (float)(sums[d] / ((double)rows + columns));
        return centre;
    }

    /// <summary>Writes centred rows, <paramref name="stride"/> floats apart; zeros for those behind the last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Copy(int first, int rows, float* target, nint stride)
    {
        for (int i = 0; i < rows; i++, target += stride)
        {
            if (first + i < Count) _kernel.Centre(Source + ((nint)(first + i) * Width), Centre, Width, target);
            else new Span<float>(target, Width).Clear();
        }
    }

    /// <summary>The centred rows in float64, where the subtraction is exact, and zeros for a gradient where one is wanted.</summary>
    public Float64Rows Widened(Scratch scratch, bool gradient = false)
    {
        double* centre = scratch.Doubles(Width);
        for (int d = 0; d < Width; d++) centre[d] = Centre[d];
        double* values = RowSums.Widened(Source, Count, Width, centre, scratch);
        return new Float64Rows(values, Count, gradient ? scratch.Doubles((long)Count * Width) : null);
    }

    /// <summary>grad_i += own_i (x_i - centre) + common_i centre.</summary>
    public void Finish(float* grad, Func<int, double> own, Func<int, double> common)
    {
        Blocks.ForRows(Count, Width, (start, end) =>
        {
            for (int i = start; i < end; i++)
                Combine(grad + ((nint)i * Width), Source + ((nint)i * Width), (float)own(i), Centre, (float)common(i), Width);
        });
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Combine(float* grad, float* source, float own, float* centre, float common, int width)
    {
        int d = 0;
        for (; d <= width - Lanes; d += Lanes)
        {
            var middle = Vector256.Load(centre + d);
            var sum = Vector256.MultiplyAddEstimate(Vector256.Load(source + d) - middle, Vector256.Create(own), Vector256.Load(grad + d));
            Vector256.MultiplyAddEstimate(middle, Vector256.Create(common), sum).Store(grad + d);
        }
        for (; d < width; d++) grad[d] += (own * (source[d] - centre[d])) + (common * centre[d]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (double HalfNorm, double Dot) Measure(float* row, float* centre, int width)
    {
        Vector256<double> norm0 = default, norm1 = default, dot0 = default, dot1 = default;
        int d = 0;
        for (; d <= width - Lanes; d += Lanes)
        {
            var middle = Vector256.Load(centre + d);
            var (x0, x1) = Vector256.Widen(Vector256.Load(row + d) - middle);
            var (m0, m1) = Vector256.Widen(middle);
            norm0 += x0 * x0;
            norm1 += x1 * x1;
            dot0 += x0 * m0;
            dot1 += x1 * m1;
        }
        double norm = Vector256.Sum(norm0 + norm1), dot = Vector256.Sum(dot0 + dot1);
        for (; d < width; d++)
        {
            double x = row[d] - centre[d];
            norm += x * x;
            dot += x * centre[d];
        }
        return (0.5 * norm, dot);
    }
}
