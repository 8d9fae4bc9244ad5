namespace CsAligner.Onnx.Unclip.Schedulers;

/// <summary>How much noise a step of <see cref="AncestralScheduler"/> adds.</summary>
internal enum VarianceKind
{
    /// <summary>The posterior's variance.</summary>
    Small,

    /// <summary>The step's beta.</summary>
    Large,

    /// <summary>The network places it between the two, in logarithms.</summary>
    LearnedRange,
}
