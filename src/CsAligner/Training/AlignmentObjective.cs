namespace CsAligner.Training;

/// <summary>What alignment minimises.</summary>
public enum AlignmentObjective
{
    /// <summary>D_CS + lambda InfoNCE: the paper's.</summary>
    CsInfoNce,

    /// <summary>InfoNCE alone.</summary>
    InfoNce,

    /// <summary>D_CS alone. It needs no pairs, and tends to shrink both clouds and lose recall.</summary>
    Cs,

    /// <summary>Nothing is trained: each modality loses its mean.</summary>
    MeanShift,
}
