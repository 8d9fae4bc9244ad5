using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Matrices;
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
    /// <summary>For each bandwidth the total of the kernel values over pairs of distinct rows of a block, each pair counted twice.</summary>
    public static KernelTotal[] Within(Tensor x, int rows, Tensor centre, StreamedBandwidth[] bandwidths)
    {
        KernelTotal[] totals = [.. bandwidths.Select(_ => new KernelTotal())];
        if (rows < 2) return totals;
        using var scratch = new Scratch();
        var centred = new CentredRows(x.Pointer, rows, x.Width, centre.Pointer, scratch);
        Sweep(centred, centred, bandwidths, totals, scratch);
        double* wide = bandwidths.Any(b => b.Precise) ? centred.Widened(scratch) : null;
        for (int s = 0; s < totals.Length; s++)
        {
            if (bandwidths[s].Precise)
                Add(ref totals[s], PreciseTerms.LogMeanKernel(wide, rows, wide, rows, x.Width, bandwidths[s].Sigma, true, 0, null, null), (double)rows * (rows - 1));
        }

        GC.KeepAlive(x);
        GC.KeepAlive(centre);
        return totals;
    }

    /// <summary>The totals of the kernel values between two blocks.</summary>
    public static KernelTotal[] Between(Tensor x, int rows, Tensor y, int columns, Tensor centre, StreamedBandwidth[] bandwidths)
    {
        using var scratch = new Scratch();
        CentredRows centredX = new(x.Pointer, rows, x.Width, centre.Pointer, scratch), centredY = new(y.Pointer, columns, x.Width, centre.Pointer, scratch);
        KernelTotal[] totals = [.. bandwidths.Select(_ => new KernelTotal())];
        Sweep(centredX, centredY, bandwidths, totals, scratch);
        bool precise = bandwidths.Any(b => b.Precise);
        double* wideX = precise ? centredX.Widened(scratch) : null, wideY = precise ? centredY.Widened(scratch) : null;
        for (int s = 0; s < totals.Length; s++)
        {
            if (bandwidths[s].Precise)
                Add(ref totals[s], PreciseTerms.LogMeanKernel(wideX, rows, wideY, columns, x.Width, bandwidths[s].Sigma, false, 0, null, null), (double)rows * columns);
        }

        GC.KeepAlive(x);
        GC.KeepAlive(y);
        GC.KeepAlive(centre);
        return totals;
    }

    /// <summary>The largest |x_i - centre|^2.</summary>
    public static double LargestSquare(Tensor x, int rows, Tensor centre)
    {
        using var scratch = new Scratch();
        double largest = new CentredRows(x.Pointer, rows, x.Width, centre.Pointer, scratch).LargestSquare;
        GC.KeepAlive(x);
        GC.KeepAlive(centre);
        return largest;
    }

    /// <summary>Adds the rows to <paramref name="sums"/> and, scaled to length 1, to <paramref name="unitSums"/>.</summary>
    public static void AddRows(Tensor x, int rows, double[] sums, double[] unitSums)
    {
        int width = x.Width;
        fixed (double* target = sums) RowSums.Add(x.Pointer, rows, width, target);
        for (int i = 0; i < rows; i++)
        {
            float* row = x.Pointer + ((long)i * width);
            double inverse = 1 / Math.Sqrt(KernelSums.Dot(row, row, width));
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
            cosines += KernelSums.Dot(a, b, width) / Math.Sqrt(KernelSums.Dot(a, a, width) * KernelSums.Dot(b, b, width));
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
            PreciseProducts.TransposeProduct(centred, width, centred, width, rows, part);
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
            if (!bandwidths[s].Precise) statistics[s] = new ScoreStatistics(x.Count, ReferenceEquals(x, y), new KernelLogits(x, y, bandwidths[s].Sigma, scratch), null, scratch);
        if (Array.TrueForAll(statistics, s => s == null)) return;
        new ScoreSweep(x, y, scratch).Run(new SeveralEpilogues([.. statistics.OfType<ScoreStatistics>()]), null, null, false);
        for (int s = 0; s < totals.Length; s++) totals[s] = statistics[s]?.Total ?? totals[s];
    }

    private static void Add(ref KernelTotal total, double logMean, double count)
    {
        double mean = Math.Exp(logMean);
        total.Add(logMean, count, count * (mean - 1));
    }
}
