namespace CsAligner.Cli.Verbs;

/// <summary>What was asked of <c>generate</c>'s decoder; null: the decoder's own default.</summary>
/// <param name="Count">Pictures per input.</param>
/// <param name="Steps">Steps from noise to picture.</param>
/// <param name="Guidance">The factor that exaggerates the embedding.</param>
/// <param name="Sampler">The integration step.</param>
/// <param name="Seed">The seed of the noise.</param>
internal sealed record GenerateSettings(int Count, int? Steps, double? Guidance, string? Sampler, ulong Seed);
