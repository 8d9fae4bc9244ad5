namespace CsAligner.Tensors.Kernels;

// Shapes: x [M, D], y [N, D], tokens x [B, T, D] and y [B, U, D].

/// <summary>
/// D_CS and InfoNCE of two sets of rows, with gradients. Chooses the precision: float32 scores of the rows as they
/// are, one product for both terms; of rows centred on their common mean; or float64 differences.
/// </summary>
internal static unsafe class AlignmentTerms
{
    // Float32 rounding of a squared distance, seen in the exponent: eps |x|^2 / sigma^2. Up to the first, rows are used
    // as they are; up to the second, centred; beyond, distances are lost and float64 takes over.
    private const double SharedLimit = 1e-5;
    private const double SingleLimit = 1e-4;

    // A measure is reported to a relative 1e-5.
    private const double MeasuringLimit = 2e-5;
    private const double Epsilon = 1.1920929e-7;

    /// <summary>Values; gradients are added to <paramref name="gradX"/> and <paramref name="gradY"/>, both null for none.</summary>
    public static AlignmentValues Compute(Tensor x, Tensor y, in AlignmentWeights weights, Tensor? gradX, Tensor? gradY)
    {
        float* toX = gradX == null ? null : gradX.Pointer, toY = gradY == null ? null : gradY.Pointer;
        var values = Compute(x.Pointer, x.Rows, y.Pointer, y.Rows, x.Width, weights, toX, toY);
        Hold(x, y, gradX, gradY);
        return values;
    }

    /// <summary>The mean over samples of D_CS between the tokens that the masks leave; float64 throughout, for these sets are small.</summary>
    public static double TokenLevel(Tensor x, bool[,] maskX, Tensor y, bool[,] maskY, double sigma, Tensor? gradX, Tensor? gradY)
    {
        int batch = maskX.GetLength(0), width = x.Width;
        var values = new double[batch];
        Workers.For(batch, b =>
        {
            using var scratch = new Scratch();
            int[] tokensX = Chosen(maskX, b), tokensY = Chosen(maskY, b);
            double* pointsX = Gather(x, maskX, b, tokensX, scratch), pointsY = Gather(y, maskY, b, tokensY, scratch);
            double* pullX = gradX == null ? null : scratch.Doubles((long)tokensX.Length * width);
            double* pullY = gradY == null ? null : scratch.Doubles((long)tokensY.Length * width);
            values[b] = Precise(pointsX, tokensX.Length, pointsY, tokensY.Length, width, sigma, false, 1.0 / batch, pullX, pullY);
            if (gradX != null) Scatter(pullX, gradX, maskX, b, tokensX);
            if (gradY != null) Scatter(pullY, gradY, maskY, b, tokensY);
        });
        return values.Sum() / batch;
    }

    /// <summary>ln of the mean kernel value of each pairing, for measuring; NaN for the off-diagonal form of a single row.</summary>
    public static KernelMeans LogMeans(Tensor x, Tensor y, double sigma)
    {
        using var scratch = new Scratch();
        int rows = x.Rows, columns = y.Rows, width = x.Width;
        double* mean = CommonMean(x.Pointer, rows, y.Pointer, columns, width, scratch);
        float* centredX = RowSums.Centred(x.Pointer, rows, width, mean, scratch), centredY = RowSums.Centred(y.Pointer, columns, width, mean, scratch);
        double largest = Math.Max(LargestNorm(centredX, rows, width, scratch), LargestNorm(centredY, columns, width, scratch));
        if (Epsilon * largest / (sigma * sigma) <= MeasuringLimit)
        {
            Hold(x, y);
            return new KernelMeans(
                PairwiseTerms.SelfTerm(centredX, rows, width, sigma, false, 0, null),
                PairwiseTerms.SelfTerm(centredY, columns, width, sigma, false, 0, null),
                rows < 2 ? double.NaN : PairwiseTerms.SelfTerm(centredX, rows, width, sigma, true, 0, null),
                columns < 2 ? double.NaN : PairwiseTerms.SelfTerm(centredY, columns, width, sigma, true, 0, null),
                PairwiseTerms.CrossTerm(centredX, rows, centredY, columns, width, sigma, 1, 0, 1, 0, null, null).LogMeanKernel);
        }

        double* preciseX = RowSums.Widened(x.Pointer, rows, width, mean, scratch), preciseY = RowSums.Widened(y.Pointer, columns, width, mean, scratch);
        Hold(x, y);
        return new KernelMeans(
            PreciseSelf(preciseX, rows, width, sigma, false),
            PreciseSelf(preciseY, columns, width, sigma, false),
            rows < 2 ? double.NaN : PreciseSelf(preciseX, rows, width, sigma, true),
            columns < 2 ? double.NaN : PreciseSelf(preciseY, columns, width, sigma, true),
            PreciseTerms.LogMeanKernel(preciseX, rows, preciseY, columns, width, sigma, false, 0, null, null));
    }

    /// <summary>ln of the mean kernel value over distinct rows; at least two.</summary>
    public static double LogMeanWithin(Tensor x, double sigma)
    {
        using var scratch = new Scratch();
        int rows = x.Rows, width = x.Width;
        double* mean = RowSums.Mean(x.Pointer, rows, width, scratch);
        float* centred = RowSums.Centred(x.Pointer, rows, width, mean, scratch);
        bool precise = Epsilon * LargestNorm(centred, rows, width, scratch) / (sigma * sigma) > MeasuringLimit;
        double* widened = precise ? RowSums.Widened(x.Pointer, rows, width, mean, scratch) : null;
        Hold(x);
        return precise ? PreciseSelf(widened, rows, width, sigma, true) : PairwiseTerms.SelfTerm(centred, rows, width, sigma, true, 0, null);
    }

    private static double PreciseSelf(double* x, int rows, int width, double sigma, bool offDiagonal) =>
        PreciseTerms.LogMeanKernel(x, rows, x, rows, width, sigma, offDiagonal, 0, null, null);

    // Kernels have only the pointers: without this the collector may take a tensor that nobody else holds.
    private static void Hold(params ReadOnlySpan<Tensor?> tensors)
    {
        foreach (var tensor in tensors) GC.KeepAlive(tensor);
    }

    private static AlignmentValues Compute(
        float* x, int rows, float* y, int columns, int width, in AlignmentWeights weights, float* gradX, float* gradY)
    {
        double sigma = weights.Sigma;
        if (weights.CsWeight == 0) return Contrast(x, rows, y, columns, width, weights, gradX, gradY);
        using var scratch = new Scratch();
        double scale = Epsilon / (sigma * sigma);
        double rounding = scale * Math.Max(LargestNorm(x, rows, width, scratch), LargestNorm(y, columns, width, scratch));
        if (rounding <= SharedLimit)
        {
            double self = SelfTerms(x, rows, y, columns, width, weights, gradX, gradY);
            var cross = PairwiseTerms.CrossTerm(
                x, rows, y, columns, width, sigma, -2 * weights.CsWeight, weights.Pairs, weights.Scale, weights.InfoNceWeight, gradX, gradY);
            return new AlignmentValues(self - (2 * cross.LogMeanKernel), cross.InfoNce, cross.GradScale);
        }

        double* mean = CommonMean(x, rows, y, columns, width, scratch);
        float* centredX = RowSums.Centred(x, rows, width, mean, scratch), centredY = RowSums.Centred(y, columns, width, mean, scratch);
        rounding = scale * Math.Max(LargestNorm(centredX, rows, width, scratch), LargestNorm(centredY, columns, width, scratch));
        double divergence = rounding <= SingleLimit
            ? SelfTerms(centredX, rows, centredY, columns, width, weights, gradX, gradY)
                - (2 * PairwiseTerms.CrossTerm(centredX, rows, centredY, columns, width, sigma, -2 * weights.CsWeight, 0, 1, 0, gradX, gradY).LogMeanKernel)
            : Precise(x, rows, y, columns, width, mean, weights, gradX, gradY, scratch);
        return Contrast(x, rows, y, columns, width, weights, gradX, gradY) with { CauchySchwarz = divergence };
    }

    private static double SelfTerms(float* x, int rows, float* y, int columns, int width, in AlignmentWeights weights, float* gradX, float* gradY) =>
        PairwiseTerms.SelfTerm(x, rows, width, weights.Sigma, weights.OffDiagonal, weights.CsWeight, gradX)
        + PairwiseTerms.SelfTerm(y, columns, width, weights.Sigma, weights.OffDiagonal, weights.CsWeight, gradY);

    private static AlignmentValues Contrast(float* x, int rows, float* y, int columns, int width, in AlignmentWeights weights, float* gradX, float* gradY)
    {
        if (weights.InfoNceWeight == 0 || weights.Pairs == 0) return default;
        var cross = PairwiseTerms.CrossTerm(x, rows, y, columns, width, 1, 0, weights.Pairs, weights.Scale, weights.InfoNceWeight, gradX, gradY);
        return new AlignmentValues(0, cross.InfoNce, cross.GradScale);
    }

    private static double Precise(
        float* x, int rows, float* y, int columns, int width, double* mean, in AlignmentWeights weights, float* gradX, float* gradY, Scratch scratch)
    {
        double* preciseX = RowSums.Widened(x, rows, width, mean, scratch), preciseY = RowSums.Widened(y, columns, width, mean, scratch);
        double* pullX = gradX == null ? null : scratch.Doubles((long)rows * width), pullY = gradY == null ? null : scratch.Doubles((long)columns * width);
        double value = Precise(preciseX, rows, preciseY, columns, width, weights.Sigma, weights.OffDiagonal, weights.CsWeight, pullX, pullY);
        if (gradX != null) AddNarrowed(pullX, gradX, (long)rows * width);
        if (gradY != null) AddNarrowed(pullY, gradY, (long)columns * width);
        return value;
    }

    private static double Precise(
        double* x, int rows, double* y, int columns, int width, double sigma, bool offDiagonal, double weight, double* gradX, double* gradY) =>
        PreciseTerms.LogMeanKernel(x, rows, x, rows, width, sigma, offDiagonal, 2 * weight, gradX, null)
        + PreciseTerms.LogMeanKernel(y, columns, y, columns, width, sigma, offDiagonal, 2 * weight, gradY, null)
        - (2 * PreciseTerms.LogMeanKernel(x, rows, y, columns, width, sigma, false, -2 * weight, gradX, gradY));

    private static double LargestNorm(float* x, int rows, int width, Scratch scratch) =>
        KernelSums.HalfNorms(x, rows, width, scratch.Floats(KernelSums.Padded(rows)));

    private static double* CommonMean(float* x, int rows, float* y, int columns, int width, Scratch scratch)
    {
        double* mean = scratch.Doubles(width);
        RowSums.Add(x, rows, width, mean);
        RowSums.Add(y, columns, width, mean);
        for (int d = 0; d < width; d++) mean[d] /= (double)rows + columns;
        return mean;
    }

    private static void AddNarrowed(double* from, float* to, long length)
    {
        for (long i = 0; i < length; i++) to[i] += (float)from[i];
    }

    private static int[] Chosen(bool[,] mask, int sample) => [.. Enumerable.Range(0, mask.GetLength(1)).Where(t => mask[sample, t])];

    private static double* Gather(Tensor tokens, bool[,] mask, int sample, int[] chosen, Scratch scratch)
    {
        int width = tokens.Width;
        double* points = scratch.Doubles((long)chosen.Length * width);
        for (int r = 0; r < chosen.Length; r++)
        {
            float* token = tokens.Pointer + ((((long)sample * mask.GetLength(1)) + chosen[r]) * width);
            for (int d = 0; d < width; d++) points[((long)r * width) + d] = token[d];
        }

        return points;
    }

    private static void Scatter(double* from, Tensor grad, bool[,] mask, int sample, int[] chosen)
    {
        int width = grad.Width;
        for (int r = 0; r < chosen.Length; r++)
            AddNarrowed(from + ((long)r * width), grad.Pointer + ((((long)sample * mask.GetLength(1)) + chosen[r]) * width), width);
    }
}
