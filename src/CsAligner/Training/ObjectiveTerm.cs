namespace CsAligner.Training;

/// <summary>What an <see cref="AlignmentObjective"/> is made of.</summary>
public enum ObjectiveTerm
{
    /// <summary>Cauchy-Schwarz divergence, <c>cs</c>.</summary>
    CauchySchwarz,

    /// <summary>Maximum mean discrepancy, squared, with the kernel of D_CS: <c>mmd</c>.</summary>
    MaximumMeanDiscrepancy,

    /// <summary>Distance of means and covariances, <c>coral</c>.</summary>
    Coral,

    /// <summary>Symmetric Kullback-Leibler divergence of fitted Gaussians, <c>kl</c>.</summary>
    GaussianKl,

    /// <summary>Sinkhorn divergence, whose blur is the bandwidth: <c>sinkhorn</c>.</summary>
    Sinkhorn,

    /// <summary>Mean squared distance of pairs, <c>l2</c>; with InfoNCE beside it Eclipse's objective.</summary>
    SquaredDistance,

    /// <summary>One minus the mean cosine of pairs, <c>cosine</c>.</summary>
    Cosine,

    /// <summary>Symmetric cross-entropy over the batch, <c>infonce</c>.</summary>
    InfoNce,

    /// <summary>SigLIP's pairwise sigmoid loss, <c>siglip</c>.</summary>
    SigLip,
}
