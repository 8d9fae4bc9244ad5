using CsAligner.Tensors;

namespace CsAligner.Models;

/// <summary>What an embedder made of samples <paramref name="First"/> and on; its tensors live only while it is handed over.</summary>
/// <param name="First">The number of its first sample.</param>
/// <param name="Features">[B, D], rows of unit length.</param>
/// <param name="Tokens">[N, D], rows of unit length, packed one sample below the other; null where none were asked for.</param>
/// <param name="Offsets">B + 1 numbers: sample First + b has the tokens Offsets[b] up to Offsets[b + 1]; null without tokens.</param>
public sealed record EmbeddedBatch(int First, Tensor Features, Tensor? Tokens = null, int[]? Offsets = null)
{
    /// <summary>A writer that gathers the features of all batches.</summary>
    /// <param name="features">[N, D], filled.</param>
    /// <param name="done">Called after each batch with the number of samples so far.</param>
    internal static Action<EmbeddedBatch> CollectInto(Tensor features, Action<int>? done) => batch =>
    {
        batch.Features.Span.CopyTo(features.Span[(batch.First * features.Width)..]);
        done?.Invoke(batch.First + batch.Features.Rows);
    };
}
