namespace CsAligner.Starts;

/// <summary>Where the adapters of an alignment start.</summary>
public enum AlignmentStart
{
    /// <summary>Rows stay as they are.</summary>
    Identity,

    /// <summary>Each modality loses its mean; one that moves alone takes the other's.</summary>
    MeanShift,

    /// <summary>Each modality goes half of the way along the optimal transport map to the other, as <see cref="GaussianTransport"/>
    /// has it in closed form; one that moves alone goes the whole way.</summary>
    Barycentre,

    /// <summary>
    /// From the barycentre on, a linear map of each side towards the partners that entropic optimal transport finds for its rows. For rows
    /// of which most have their partner among the others, in unknown order; where they have none, it learns chance resemblances.
    /// </summary>
    Matching,

    /// <summary>
    /// A linear map fitted to the pairs, in closed form, also between features of unlike widths. A side that moves alone is regressed onto
    /// the other (ridge); where both move, they meet in their canonical correlations, which is regression from both sides. Unpaired rows
    /// say how each side varies. See <see cref="PairRegression"/>.
    /// </summary>
    Regression,
}
