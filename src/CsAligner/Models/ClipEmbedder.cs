using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;
using CsAligner.Tokenizers;

namespace CsAligner.Models;

/// <summary>
/// Turns images and texts into features of unit length with a frozen CLIP, batch by batch: the next images are read while these
/// are computed.
/// </summary>
public sealed class ClipEmbedder : ITextEncoder
{
    // Tokens of a batch: enough to keep the matrix products busy, few enough that what a block leaves for the next one is still in
    // the cache when that reads it.
    private const int TokensPerBatch = 1024;

    // Texts that are cut into tokens at a time.
    private const int TextsPerRound = 8192;

    private readonly ClipModel _model;
    private readonly ClipPreprocessing _preprocessing;
    private readonly ClipTokenizer _tokenizer;

    /// <summary>An embedder for the parts of one model.</summary>
    /// <param name="model">The towers; they are frozen (<see cref="ClipModel.Freeze"/>).</param>
    /// <param name="preprocessing">How images are prepared; its size is the model's.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <exception cref="InputException">The three do not belong together.</exception>
    public ClipEmbedder(ClipModel model, ClipPreprocessing preprocessing, ClipTokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(preprocessing);
        ArgumentNullException.ThrowIfNull(tokenizer);
        if (preprocessing.ImageSize != model.Config.ImageSize) throw new InputException($"The model's images have {model.Config.ImageSize} pixels a side, {ClipPreprocessing.FileName} says {preprocessing.ImageSize}; take all files from one model.");
        if (tokenizer.VocabularySize > model.Config.VocabularySize) throw new InputException($"The model knows {model.Config.VocabularySize} tokens, vocab.json has {tokenizer.VocabularySize}; take all files from one model.");
        (_model, _preprocessing, _tokenizer) = (model, preprocessing, tokenizer);
        _model.Freeze();
    }

    /// <summary>The side of the images it takes, in pixels.</summary>
    public int ImageSize => _preprocessing.ImageSize;

    /// <summary>The width of the features.</summary>
    public int Width => _model.Config.ProjectionWidth;

    /// <summary>Reads a model folder in Hugging Face's layout.</summary>
    /// <param name="folder">Holds config.json, model.safetensors, preprocessor_config.json, vocab.json and merges.txt.</param>
    /// <exception cref="InputException">A file is missing or damaged, or they do not belong together.</exception>
    public static ClipEmbedder Load(string folder)
    {
        if (!Directory.Exists(folder)) throw new InputException($"{folder}: no such folder; expected a model in Hugging Face layout (config.json, model.safetensors, vocab.json, merges.txt, preprocessor_config.json).");
        return new(ClipModel.Load(folder), ClipPreprocessing.Read(Path.Combine(folder, ClipPreprocessing.FileName)), ClipTokenizer.Load(folder));
    }

    /// <summary>Features of images.</summary>
    /// <param name="count">The number of images N.</param>
    /// <param name="read">
    /// Writes image i, 8-bit interleaved RGB of the model's size, into a span of S S 3 bytes. Called on another thread, in order
    /// and never twice at once; what it throws is thrown here.
    /// </param>
    /// <param name="done">Called after each batch with the number of images so far.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <returns>[N, <see cref="Width"/>], rows of unit length.</returns>
    public Tensor EmbedImages(int count, ImageReader read, Action<int>? done = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(read);
        int size = 3 * ImageSize * ImageSize, batch = Math.Clamp(TokensPerBatch / _model.Config.VisionTokens, 1, Math.Max(1, count));
        var features = new Tensor(count, Width);
        var (rgb, next) = (new byte[batch * size], new byte[batch * size]);
        var reading = Start(0, rgb);
        try
        {
            for (int start = 0; start < count; start += batch)
            {
                cancellation.ThrowIfCancellationRequested();
                reading.GetAwaiter().GetResult();
                reading = Start(start + batch, next);
                int rows = Math.Min(batch, count - start);
                using var tape = Tape.Inference();
                var pixels = new Tensor(rows, 3, ImageSize, ImageSize);
                _preprocessing.Normalize(rgb.AsSpan(0, rows * size), pixels);
                tape.Normalize(_model.Vision.Encode(tape, pixels)).Span.CopyTo(features.Span[(start * Width)..]);
                (rgb, next) = (next, rgb);
                done?.Invoke(start + rows);
            }
        }
        finally
        {
            // The reader belongs to the caller, who may do away with it as soon as this ends.
            Task.WaitAny([reading], CancellationToken.None);
        }

        return features;

        Task Start(int first, byte[] target) => Task.Run(
            () =>
            {
                for (int i = first; i < Math.Min(count, first + batch); i++) read(i, target.AsSpan((i - first) * size, size));
            },
            CancellationToken.None);
    }

    /// <summary>Features of texts.</summary>
    /// <param name="texts">The texts; longer ones than the model's context are cut.</param>
    /// <param name="done">Called after each batch with the number of texts so far.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <returns>[N, <see cref="Width"/>], rows of unit length.</returns>
    public Tensor EmbedTexts(IReadOnlyList<string> texts, Action<int>? done = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var features = new Tensor(texts.Count, Width);
        for (int start = 0; start < texts.Count; start += TextsPerRound)
        {
            var tokens = _tokenizer.EncodeBatch([.. texts.Skip(start).Take(TextsPerRound)], _model.Config.ContextLength);
            for (int first = 0; first < tokens.Count;)
            {
                cancellation.ThrowIfCancellationRequested();
                int end = first, length = 0;
                while (end < tokens.Count && (end == first || length + tokens.Lengths[end] <= TokensPerBatch)) length += tokens.Lengths[end++];
                using var tape = Tape.Inference();
                tape.Normalize(_model.Text.Encode(tape, tokens.Slice(first, end - first))).Span.CopyTo(features.Span[((start + first) * Width)..]);
                first = end;
                done?.Invoke(start + end);
            }
        }

        return features;
    }
}
