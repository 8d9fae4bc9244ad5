namespace CsAligner.Objectives.Terms;

/// <summary>The library's own terms.</summary>
public static class ObjectiveTerms
{
    /// <summary><c>cs</c>: the Cauchy-Schwarz divergence, <see cref="CauchySchwarzDivergence"/>.</summary>
    public static ObjectiveTerm CauchySchwarz { get; } = new CauchySchwarzTerm();

    /// <summary><c>mmd</c>: the squared maximum mean discrepancy with the kernel of D_CS, <see cref="KernelDivergences"/>.</summary>
    public static ObjectiveTerm MaximumMeanDiscrepancy { get; } = new MaximumMeanDiscrepancyTerm();

    /// <summary><c>coral</c>: the squared distance of covariances and means.</summary>
    public static ObjectiveTerm Coral { get; } = new CoralTerm();

    /// <summary><c>kl</c>: the symmetric Kullback-Leibler divergence of fitted Gaussians, <see cref="MomentDivergences"/>.</summary>
    public static ObjectiveTerm GaussianKl { get; } = new GaussianKlTerm();

    /// <summary><c>sinkhorn</c>: the Sinkhorn divergence, whose blur is the bandwidth.</summary>
    public static ObjectiveTerm Sinkhorn { get; } = new SinkhornTerm();

    /// <summary><c>l2</c>: the mean squared distance of pairs; with InfoNCE beside it Eclipse's objective.</summary>
    public static ObjectiveTerm SquaredDistance { get; } = new SquaredDistanceTerm();

    /// <summary><c>cosine</c>: one minus the mean cosine of pairs.</summary>
    public static ObjectiveTerm Cosine { get; } = new CosineTerm();

    /// <summary><c>infonce</c>: the symmetric cross-entropy over the batch, <see cref="Objectives.InfoNce"/>.</summary>
    public static ObjectiveTerm InfoNce { get; } = new InfoNceTerm();

    /// <summary><c>siglip</c>: the pairwise sigmoid loss, <see cref="Objectives.SigLip"/>.</summary>
    public static ObjectiveTerm SigLip { get; } = new SigLipTerm();

    /// <summary><c>similarity</c>: keeps the similarities between the modalities as they were at the start,
    /// <see cref="SimilarityPreservation"/>.</summary>
    public static ObjectiveTerm Similarity { get; } = new SimilarityTerm();

    /// <summary>All of them, in the order in which they are written and added.</summary>
    public static IReadOnlyList<ObjectiveTerm> All { get; } =
        [CauchySchwarz, MaximumMeanDiscrepancy, Coral, GaussianKl, Sinkhorn, SquaredDistance, Cosine, Similarity, InfoNce, SigLip];
}
