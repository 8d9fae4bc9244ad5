namespace CsAligner.Onnx.Unclip.Schedulers;

/// <summary>What a network predicts of a noisy sample.</summary>
internal enum PredictionKind
{
    /// <summary>Its noise.</summary>
    Epsilon,

    /// <summary>The sample without noise.</summary>
    Sample,

    /// <summary>sqrt(a) * noise - sqrt(1 - a) * sample.</summary>
    Velocity,
}
