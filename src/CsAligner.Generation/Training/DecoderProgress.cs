namespace CsAligner.Generation.Training;

/// <summary>A line of progress.jsonl: the quality of a decoder after a number of pictures.</summary>
/// <param name="Samples">Pictures shown.</param>
/// <param name="Loss">Mean squared error of the velocity since the line before.</param>
/// <param name="OneStepError">
/// By time t, the mean squared error of the picture predicted at once from t of it and 1 - t of noise, on validation pictures.
/// </param>
/// <param name="Frechet">
/// Squared Fréchet distance of pictures made from validation embeddings to all validation pictures, in the encoder's space.
/// </param>
/// <param name="OwnNearest">Share of those pictures whose own embedding is the nearest of all that pictures were made from.</param>
public sealed record DecoderProgress(
    long Samples, double Loss, IReadOnlyDictionary<string, double> OneStepError, double Frechet, double OwnNearest);
