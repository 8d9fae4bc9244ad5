namespace CsAligner.Objectives;

/// <summary>The kinds of <see cref="BandwidthRule"/>.</summary>
public enum BandwidthKind
{
    /// <summary>A number.</summary>
    Fixed,

    /// <summary>The median distance over distinct pairs of the pooled rows.</summary>
    Median,

    /// <summary>A factor times the mean of the two within-modality medians.</summary>
    Within,
}
