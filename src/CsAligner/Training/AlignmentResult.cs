using CsAligner.Adapters;

namespace CsAligner.Training;

/// <summary>The result of alignment.</summary>
/// <param name="Image">Maps images; the identity where only texts train.</param>
/// <param name="Text">Maps texts; the identity where only images train.</param>
/// <param name="Epochs">All epochs, the start (0) first.</param>
/// <param name="BestEpoch">The one whose adapters these are.</param>
/// <param name="TrainingPairs">Pairs that were trained on.</param>
/// <param name="ValidationPairs">Pairs that were held out to choose the epoch.</param>
/// <param name="Seconds">Wall time, of this process only where the run was resumed.</param>
/// <param name="Resumed">Whether it went on from a checkpoint.</param>
public sealed record AlignmentResult(
    Adapter Image,
    Adapter Text,
    IReadOnlyList<AlignmentEpoch> Epochs,
    int BestEpoch,
    int TrainingPairs,
    int ValidationPairs,
    double Seconds,
    bool Resumed)
{
    /// <summary>Images without partners that were trained on.</summary>
    public int UnpairedImages { get; init; }

    /// <summary>Texts without partners that were trained on.</summary>
    public int UnpairedTexts { get; init; }

    /// <summary>Images without partners that were held out to choose the epoch, where there were no pairs to hold out.</summary>
    public int HeldOutImages { get; init; }

    /// <summary>Texts without partners that were held out.</summary>
    public int HeldOutTexts { get; init; }

    /// <summary>Values that trained, in adapters, encoders and the logits' scale and bias.</summary>
    public long TrainedParameters { get; init; }

    /// <summary>Values that trained inside encoders.</summary>
    public long EncoderParameters { get; init; }

    /// <summary>How many ranks trained together.</summary>
    public int Ranks { get; init; } = 1;

    /// <summary>Bytes that all ranks together received from each other.</summary>
    public long ExchangedBytes { get; init; }

    /// <summary>Seconds that this rank spent in exchange, waiting for others included.</summary>
    public double ExchangeSeconds { get; init; }
}
