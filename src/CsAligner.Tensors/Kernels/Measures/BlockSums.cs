using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Matrices;
using CsAligner.Tensors.Kernels.Objectives;
using CsAligner.Tensors.Kernels.Scores;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Measures;

// Shapes: blocks x [M, D], y [N, D], their first rows in use; centre [D].

/// <summary>
/// What measures of large sets are made of, over blocks of rows: sums that can be added up block after block and pair
/// of blocks after pair. The same bits for any number of threads.
/// </summary>
internal static unsafe class BlockSums
{
    /// <summary>For each bandwidth the total of the kernel values over pairs of distinct rows of a block,
    /// each pair counted twice.</summary>
    public static KernelTotal[] Within(Tensor x, int rows, Tensor centre, StreamedBandwidth[] bandwidths)
    {
        KernelTotal[] totals = [.. bandwidths.Select(_ => new KernelTotal())];
        if (rows < 2) return totals;
        using var scratch = new Scratch();
        var centred = new CentredRows(x.Pointer, rows, x.Width, centre.Pointer, scratch);
        Sweep(centred, centred, bandwidths, totals, scratch);
        var wide = bandwidths.All(IsSingle) ? default : centred.Widened(scratch);
        for (int s = 0; s < totals.Length; s++)
            if (!IsSingle(bandwidths[s])) Add(ref totals[s], wide, wide, x.Width, bandwidths[s]);

        GC.KeepAlive(x);
        GC.KeepAlive(centre);
        return totals;
    }

    /// <summary>The totals of the kernel values between two blocks.</summary>
    public static KernelTotal[] Between(Tensor x, int rows, Tensor y, int columns, Tensor centre, StreamedBandwidth[] bandwidths)
    {
        using var scratch = new Scratch();
        CentredRows centredX = new(x.Pointer, rows, x.Width, centre.Pointer, scratch),
            centredY = new(y.Pointer, columns, x.Width, centre.Pointer, scratch);
        KernelTotal[] totals = [.. bandwidths.Select(_ => new KernelTotal())];
        Sweep(centredX, centredY, bandwidths, totals, scratch);
        bool single = bandwidths.All(IsSingle);
        Float64Rows wideX = single ? default : centredX.Widened(scratch), wideY = single ? default : centredY.Widened(scratch);
        for (int s = 0; s < totals.Length; s++)
            if (!IsSingle(bandwidths[s])) Add(ref totals[s], wideX, wideY, x.Width, bandwidths[s]);

        GC.KeepAlive(x);
        GC.KeepAlive(y);
        GC.KeepAlive(centre);
        return totals;
    }

    /// <summary>The largest |x_i - centre|^2, and their sum.</summary>
    public static (double Largest, double Sum) Squares(Tensor x, int rows, Tensor centre)
    {
        using var scratch = new Scratch();
        var centred = new CentredRows(x.Pointer, rows, x.Width, centre.Pointer, scratch);
        double sum = 0;
        for (int i = 0; i < rows; i++) sum += 2 * centred.HalfNorms[i];
        GC.KeepAlive(x);
        GC.KeepAlive(centre);
        return (centred.LargestSquare, sum);
    }

    /// <summary>The mean of the rows of both.</summary>
    public static Tensor Centre(Tensor x, Tensor y)
    {
        using var scratch = new Scratch();
        var centre = new Tensor(x.Width);
        float* mean = CentredRows.CommonCentre(x.Pointer, x.Rows, y.Pointer, y.Rows, x.Width, scratch);
        new ReadOnlySpan<float>(mean, x.Width).CopyTo(centre.Span);
        GC.KeepAlive(x);
        GC.KeepAlive(y);
        return centre;
    }

    /// <summary>Adds the rows to <paramref name="sums"/> and, scaled to length 1, to <paramref name="unitSums"/>.</summary>
    public static void AddRows(Tensor x, int rows, double[] sums, double[] unitSums)
    {
        int width = x.Width;
        fixed (double* target = sums) RowSums.Add(x.Pointer, rows, width, target);
        for (int i = 0; i < rows; i++)
        {
            float* row = x.Pointer + ((long)i * width);
            double inverse = 1 / Math.Sqrt(RowDots.Dot(row, row, width));
            for (int d = 0; d < width; d++) unitSums[d] += row[d] * inverse;
        }

        GC.KeepAlive(x);
    }

    /// <summary>Over the pairs (x_i, y_i): the sum of |x_i - y_i|^2 and that of their cosines.</summary>
    public static (double Squares, double Cosines) Pairs(Tensor x, Tensor y, int rows)
    {
        int width = x.Width;
        double squares = 0, cosines = 0;
        for (int i = 0; i < rows; i++)
        {
            float* a = x.Pointer + ((long)i * width), b = y.Pointer + ((long)i * width);
            cosines += RowDots.Dot(a, b, width) / Math.Sqrt(RowDots.Dot(a, a, width) * RowDots.Dot(b, b, width));
            for (int d = 0; d < width; d++) squares += ((double)a[d] - b[d]) * ((double)a[d] - b[d]);
        }

        GC.KeepAlive(x);
        GC.KeepAlive(y);
        return (squares, cosines);
    }

    /// <summary>Adds sum_i (x_i - mean)(x_i - mean)^T to <paramref name="products"/> [D, D].</summary>
    public static void AddProducts(Tensor x, int rows, double[] mean, double[] products)
    {
        using var scratch = new Scratch();
        int width = x.Width;
        double* part = scratch.Doubles((long)width * width);
        fixed (double* from = mean)
        {
            double* centred = RowSums.Widened(x.Pointer, rows, width, from, scratch);
            Float64Gemm.TransposeProduct(centred, width, centred, width, rows, part);
        }

        for (int i = 0; i < products.Length; i++) products[i] += part[i];
        GC.KeepAlive(x);
    }

    /// <summary>The squared Frechet distance of means [D] and covariances [D, D]; that of x is destroyed.</summary>
    public static double Frechet(double[] meanX, double[] covarianceX, double[] meanY, double[] covarianceY)
    {
        fixed (double* mx = meanX, cx = covarianceX, my = meanY, cy = covarianceY)
            return FrechetDistance.Compute(mx, cx, my, cy, meanX.Length);
    }

    // One product of scores serves all bandwidths for which float32 will do.
    private static void Sweep(CentredRows x, CentredRows y, StreamedBandwidth[] bandwidths, KernelTotal[] totals, Scratch scratch)
    {
        var statistics = new ScoreStatistics?[bandwidths.Length];
        for (int s = 0; s < statistics.Length; s++)
            if (IsSingle(bandwidths[s]))
                statistics[s] =
                    new ScoreStatistics(x.Count, ReferenceEquals(x, y), new KernelLogits(x, y, bandwidths[s].Sigma, scratch),
                        null, scratch);
        if (Array.TrueForAll(statistics, s => s == null)) return;
        new ScoreSweep(x, y, scratch).Run(new CombinedEpilogue([.. statistics.OfType<ScoreStatistics>()]), null, null, false);
        for (int s = 0; s < totals.Length; s++) totals[s] = statistics[s]?.Total ?? totals[s];
    }

    private static bool IsSingle(StreamedBandwidth bandwidth) => bandwidth.Precision == KernelPrecision.Single;

    // In float64; of one block with itself its distinct rows.
    private static void Add(ref KernelTotal total, Float64Rows x, Float64Rows y, int width, StreamedBandwidth bandwidth)
    {
        if (bandwidth.Precision == KernelPrecision.Wide)
        {
            // A row with itself adds nothing.
            total.Add(0, 0, WideBandwidthDivergence.Rest(x, y, width, bandwidth.Sigma));
            return;
        }

        bool self = x.Values == y.Values;
        double logMean = Float64Terms.LogMeanKernel(x, y, width, bandwidth.Sigma, self, 0);
        double count = (double)x.Count * (self ? y.Count - 1 : y.Count);
        total.Add(logMean, count, count * (Math.Exp(logMean) - 1));
    }
}
