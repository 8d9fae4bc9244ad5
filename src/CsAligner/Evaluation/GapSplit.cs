using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Measures;
using CsAligner.Tensors.Kernels.Objectives;
using CsAligner.Tensors.Ops;

namespace CsAligner.Evaluation;

// Shapes: images [M, D], texts [N, D], unit rows.

/// <summary>
/// The gap between the modalities in two parts: what goes away when each modality loses its own mean (the centroid part), and
/// what stays (the distribution part), by two measures.
/// </summary>
public sealed record GapSplit
{
    /// <summary>Off-diagonal D_CS of the rows as they are, at <see cref="Bandwidth"/>.</summary>
    public required double Divergence { get; init; }

    /// <summary>sigma of that, by the rule.</summary>
    public required double Bandwidth { get; init; }

    /// <summary>Off-diagonal D_CS after each modality has lost its mean and each row has its length of 1 again:
    /// the distribution part.</summary>
    public required double DivergenceCentred { get; init; }

    /// <summary>sigma of that, by the same rule on the rows so changed.</summary>
    public required double BandwidthCentred { get; init; }

    /// <summary>The part that removing the means takes away: <see cref="Divergence"/> less <see cref="DivergenceCentred"/>.</summary>
    public double CentroidPart => Divergence - DivergenceCentred;

    /// <summary>|m_x - m_y|^2, the means' part of the squared Frechet distance.</summary>
    public required double FrechetMeans { get; init; }

    /// <summary>tr(C_x + C_y - 2 (C_x C_y)^(1/2)), the covariances' part.</summary>
    public required double FrechetCovariances { get; init; }

    /// <summary>Measures both parts.</summary>
    /// <param name="images">[M, D], at least two rows.</param>
    /// <param name="texts">[N, D], at least two rows.</param>
    /// <param name="bandwidth">Null for within*0.35.</param>
    /// <param name="seed">Draws rows for medians of large sets.</param>
    /// <exception cref="InputException">There are too few rows.</exception>
    public static GapSplit Measure(Tensor images, Tensor texts, BandwidthRule? bandwidth = null, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(texts);
        if (images.Rows < 2 || texts.Rows < 2)
            throw new InputException($"gap split: expected at least 2 rows of each modality, got {images.Rows} and {texts.Rows}");
        BandwidthRule rule = bandwidth ?? Evaluator.DefaultBandwidth;
        var (divergence, sigma) = OffDiagonal(images, texts, rule, seed);
        Tensor centredImages = Centred(images), centredTexts = Centred(texts);
        var (rest, sigmaRest) = OffDiagonal(centredImages, centredTexts, rule, seed);
        double gap = PairMeasures.CentroidGap(images, texts);
        return new GapSplit
        {
            Divergence = divergence,
            Bandwidth = sigma,
            DivergenceCentred = rest,
            BandwidthCentred = sigmaRest,
            FrechetMeans = gap * gap,
            FrechetCovariances = Math.Max(0, FrechetDistance.Compute(images, texts) - (gap * gap)),
        };
    }

    private static (double Divergence, double Bandwidth) OffDiagonal(Tensor images, Tensor texts, BandwidthRule rule, ulong seed)
    {
        double sigma = rule.Resolve(images, texts, seed);
        return (FusedLossKernel.Measure(images, texts, sigma).OffDiagonal, sigma);
    }

    private static Tensor Centred(Tensor rows)
    {
        using var tape = Tape.Inference();
        return tape.Normalize(tape.Add(rows, tape.Scale(tape.Sum(rows, 0), -1f / rows.Rows))).Clone();
    }
}
