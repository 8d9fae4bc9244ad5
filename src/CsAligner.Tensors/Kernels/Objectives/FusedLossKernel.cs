using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Scores;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Objectives;

// Shapes: x [M, D], y [N, D].

/// <summary>
/// D_CS and InfoNCE of two sets of rows, with gradients. Chooses the precision of each: float32 scores of rows centred on their
/// common mean, one product for both terms; or float64.
/// </summary>
internal static unsafe class FusedLossKernel
{
    private const double Epsilon = 1.1920929e-7;

    // A larger scale is beyond float32 in products with it, even where all rows are the same;
    // a smaller one would bring what stands for no pair, ScoreEpilogueKernel.MaskOffset, near to what does.
    private const double LeastSingleScale = 1e-25, MostSingleScale = 1e30;

    // Logits of InfoNCE are differences of what is at most this.
    private const double MostLogit = 1e305;

    /// <summary>Values; gradients are written to <paramref name="gradX"/> and <paramref name="gradY"/>, both null for none.</summary>
    public static FusedLossValues Compute(Tensor x, Tensor y, in FusedLossParameters loss, Tensor? gradX, Tensor? gradY)
    {
        float* toX = gradX == null ? null : gradX.Pointer, toY = gradY == null ? null : gradY.Pointer;
        var values = Compute(x.Pointer, x.Rows, y.Pointer, y.Rows, x.Width, loss, toX, toY);
        Hold(x, y, gradX, gradY);
        return values;
    }

    /// <summary>The divergences by one kernel, for measuring.</summary>
    public static KernelMeasures Measure(Tensor x, Tensor y, double sigma)
    {
        using var scratch = new Scratch();
        int rows = x.Rows, columns = y.Rows, width = x.Width;
        float* centre = CentredRows.CommonCentre(x.Pointer, rows, y.Pointer, columns, width, scratch);
        CentredRows centredX = new(x.Pointer, rows, width, centre, scratch), centredY = new(y.Pointer, columns, width, centre, scratch);
        KernelMeasures measures;
        double largest = LargestSquare(centredX, centredY);
        if (KernelRange.Of(largest, sigma, KernelRange.MeasuringLimit, Math.Min(rows, columns)) == KernelPrecision.Single)
        {
            KernelTotal selfX = Float32Terms.SelfTotal(centredX, sigma), selfY = Float32Terms.SelfTotal(centredY, sigma);
            var cross = Float32Terms.CrossTerm(
                new CrossTermSide(centredX), new CrossTermSide(centredY), new FusedLossParameters(1, sigma, false));
            measures = new KernelMeans(
                Float32Terms.LogMean(selfX, rows, false),
                Float32Terms.LogMean(selfY, columns, false),
                rows < 2 ? double.NaN : Float32Terms.LogMean(selfX, rows, true),
                columns < 2 ? double.NaN : Float32Terms.LogMean(selfY, columns, true),
                cross.LogMeanKernel).Measures;
        }
        else
        {
            measures = Float64Divergence.Measure(centredX.Widened(scratch), centredY.Widened(scratch), width, sigma);
        }

        Hold(x, y);
        return measures;
    }

    /// <summary>ln of the mean kernel value over distinct rows; at least two.</summary>
    public static double LogMeanWithin(Tensor x, double sigma)
    {
        using var scratch = new Scratch();
        int rows = x.Rows, width = x.Width;
        float* centre = CentredRows.CommonCentre(x.Pointer, rows, null, 0, width, scratch);
        var centred = new CentredRows(x.Pointer, rows, width, centre, scratch);
        double logMean = KernelRange.Of(centred.LargestSquare, sigma, KernelRange.MeasuringLimit, rows) == KernelPrecision.Single
            ? Float32Terms.LogMean(Float32Terms.SelfTotal(centred, sigma), rows, true)
            : Float64Divergence.LogMeanWithin(centred.Widened(scratch), width, sigma);
        Hold(x);
        return logMean;
    }

    // Kernels have only the pointers: without this the collector may take a tensor that nobody else holds.
    private static void Hold(params ReadOnlySpan<Tensor?> tensors)
    {
        foreach (var tensor in tensors) GC.KeepAlive(tensor);
    }

    private static FusedLossValues Compute(
        float* x, int rows, float* y, int columns, int width, in FusedLossParameters loss, float* gradX, float* gradY)
    {
        using var scratch = new Scratch();
        bool kernel = loss.CsWeight != 0, infoNce = loss.InfoNceWeight != 0 && loss.Pairs > 0;
        if (!kernel) (rows, columns) =
            (ClearUnpaired(gradX, rows, loss.Pairs, width), ClearUnpaired(gradY, columns, loss.Pairs, width));
        if (!kernel && !infoNce) return default;
        float* centre = CentredRows.CommonCentre(x, rows, y, columns, width, scratch);
        CentredRows centredX = new(x, rows, width, centre, scratch), centredY = new(y, columns, width, centre, scratch);
        RowPanels? panelsX = null;
        SelfTermResult selfX = SelfTermResult.None, selfY = selfX;
        double divergence = 0, csWeight = 0;
        if (kernel && KernelRange.Of(LargestSquare(centredX, centredY), loss.Sigma, KernelRange.TrainingLimit,
            Math.Min(rows, columns)) == KernelPrecision.Single)
        {
            if (gradX != null || gradY != null)
                KernelRange.CheckGradient(Math.Sqrt(LargestSquare(centredX, centredY)), loss.Sigma, loss.CsWeight, logarithms: true);

            // y first: x's panels are of use to the cross term.
            using (var passing = new Scratch()) selfY = SelfTerm(centredY, loss, gradY, scratch, passing, out _);
            selfX = SelfTerm(centredX, loss, gradX, scratch, scratch, out panelsX);
            divergence = selfX.LogMean + selfY.LogMean;
            csWeight = loss.CsWeight;
        }
        else
        {
            Clear(gradX, (long)rows * width);
            Clear(gradY, (long)columns * width);
            if (kernel) divergence = DivergenceInFloat64(centredX, centredY, loss, gradX, gradY, scratch);
        }

        bool infoNceInFloat64 = infoNce
            && !HasSingleLogits(centredX.Extent, centredY.Extent, loss.Scale);
        double infoNceWeight = infoNce && !infoNceInFloat64 ? loss.InfoNceWeight : 0;
        if (infoNceWeight != 0 && (gradX != null || gradY != null)) CheckInfoNceWeight(centredX.Extent, centredY.Extent, loss);
        var values = new FusedLossValues(divergence, 0, 0);
        if (csWeight != 0 || infoNceWeight != 0)
        {
            var cross = Float32Terms.CrossTerm(
                new CrossTermSide(centredX, gradX, selfX, panelsX), new CrossTermSide(centredY, gradY, selfY),
                loss with { CsWeight = csWeight, InfoNceWeight = infoNceWeight });
            values = new FusedLossValues(divergence - (2 * cross.LogMeanKernel), cross.InfoNce, cross.GradScale);
        }
        return infoNceInFloat64 ? InfoNceInFloat64(x, y, width, loss, gradX, gradY) with { CauchySchwarz = values.CauchySchwarz } : values;
    }

    private static double LargestSquare(CentredRows x, CentredRows y) => Math.Max(x.LargestSquare, y.LargestSquare);

    /// <summary>
    /// Whether float32 carries InfoNCE's logits: the rounding of one, eps |s| / tau, counts as that of a squared distance does. No for
    /// what is beyond float32, or not a number.
    /// </summary>
    public static bool HasSingleLogits(in RowExtent x, in RowExtent y, double scale)
    {
        double largest = Math.Max(Math.Sqrt(x.LargestSquare * y.LargestSquare), Math.Max(x.LargestDot, y.LargestDot));
        return Epsilon * scale * largest <= KernelRange.TrainingLimit && scale is > LeastSingleScale and < MostSingleScale;
    }

    private static SelfTermResult SelfTerm(CentredRows x, in FusedLossParameters loss, float* grad, Scratch sums, Scratch packed,
        out RowPanels? panels)
    {
        panels = null;
        return grad == null
            ? new SelfTermResult(Float32Terms.LogMean(Float32Terms.SelfTotal(x, loss.Sigma), x.Count, loss.OffDiagonal), 1, null)
            : Float32Terms.SelfTerm(x, loss.Sigma, loss.OffDiagonal, loss.CsWeight, grad, sums, packed, out panels);
    }

    private static int ClearUnpaired(float* grad, int rows, int pairs, int width)
    {
        Clear(grad == null ? null : grad + ((nint)pairs * width), (long)(rows - pairs) * width);
        return pairs;
    }

    private static void Clear(float* grad, long length)
    {
        if (grad != null) new Span<float>(grad, checked((int)length)).Clear();
    }

    private static double DivergenceInFloat64(CentredRows x, CentredRows y, in FusedLossParameters loss, float* gradX, float* gradY,
        Scratch scratch)
    {
        Float64Rows wideX = x.Widened(scratch, gradX != null), wideY = y.Widened(scratch, gradY != null);
        double value = Float64Divergence.Compute(wideX, wideY, x.Width, loss.Sigma, loss.OffDiagonal, true, loss.CsWeight);
        wideX.AddGradientTo(gradX, x.Width);
        wideY.AddGradientTo(gradY, x.Width);
        return value;
    }

    private static FusedLossValues InfoNceInFloat64(float* x, float* y, int width, in FusedLossParameters loss, float* gradX, float* gradY)
    {
        using var scratch = new Scratch();
        int pairs = loss.Pairs;
        Float64Rows wideX = Widened(x, gradX != null), wideY = Widened(y, gradY != null);
        CheckTemperature(wideX, wideY, width, loss, gradX != null || gradY != null);
        var (value, gradScale) = Float64Terms.InfoNce(wideX, wideY, width, loss.Scale, loss.InfoNceWeight);
        wideX.AddGradientTo(gradX, width);
        wideY.AddGradientTo(gradY, width);
        return new FusedLossValues(0, value, gradScale);

        Float64Rows Widened(float* rows, bool gradient) => new(
            RowSums.Widened(rows, pairs, width, scratch.Doubles(width), scratch),
            pairs,
            gradient ? scratch.Doubles((long)pairs * width) : null);
    }

    // Of the logits, and of gradients |gradient| <= w scale |y| and its derivative by the scale: w scale |x| |y|.
    private static void CheckTemperature(Float64Rows x, Float64Rows y, int width, in FusedLossParameters loss, bool gradients)
    {
        double radiusX = Float64Divergence.Radius(x, x, width), radiusY = Float64Divergence.Radius(y, y, width);
        double reach = Math.Max(radiusX, radiusY) * Math.Max(1, radiusX) * Math.Max(1, radiusY);
        double most = MostLogit / Math.Max(radiusX * radiusY, double.Epsilon);
        if (gradients) most = Math.Min(most, float.MaxValue / reach);
        if (loss.Scale > most)
        {
            throw new InputException(
                $"temperature: {1 / loss.Scale:G4} is too small for rows of lengths up to {Math.Max(radiusX, radiusY):G4}, "
                    + $"whose {(gradients ? "gradients are beyond float32" : "logits are beyond float64")}; give {1.001 / most:G4} or "
                    + "more, or scale the rows down");
        }

        if (gradients) CheckInfoNceWeight(reach, loss);
    }

    /// <summary>Refuses a weight of InfoNCE whose gradients are beyond float32, where float32 will do: one of 1 never is.</summary>
    /// <exception cref="InputException">It is too large.</exception>
    public static void CheckInfoNceWeight(in RowExtent x, in RowExtent y, in FusedLossParameters loss)
    {
        double centre = Math.Sqrt(x.CentreSquare);
        double largeX = Math.Sqrt(x.LargestSquare) + centre, largeY = Math.Sqrt(y.LargestSquare) + centre;
        CheckInfoNceWeight(Math.Max(largeX, largeY) * Math.Max(1, Math.Min(largeX, largeY)), loss);
    }

    private static void CheckInfoNceWeight(double reach, in FusedLossParameters loss)
    {
        double most = float.MaxValue / (loss.Scale * reach);
        if (loss.InfoNceWeight > 1 && loss.InfoNceWeight > most)
            throw new InputException($"weight of InfoNCE (lambda): {loss.InfoNceWeight:G4} is too large at a temperature of "
                + $"{1 / loss.Scale:G4}, where gradients are beyond float32; give {most / 1.001:G4} or less");
    }
}
