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
}
