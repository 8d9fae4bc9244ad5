using System.Globalization;
using CsAligner.Evaluation;
using CsAligner.Generation.Decoders;
using CsAligner.Generation.Diffusion;
using CsAligner.Models;
using CsAligner.Retrieval;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Measures;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace CsAligner.Generation.Training;

/// <summary>
/// What a decoder makes of pictures that it was not trained on: the same ones under the same noise at every stage of its training, so that
/// stages compare.
/// </summary>
public sealed class DecoderPreview
{
    /// <summary>Pictures that are made.</summary>
    public const int MostPictures = 256;

    private const int Steps = 20, SheetColumns = 16, SheetPairs = 48, ErrorBatch = 32;

    private static readonly float[] Times = [0.1f, 0.3f, 0.5f, 0.7f, 0.9f];

    private readonly IConditionedPictures _validation;
    private readonly IImageEncoder _encoder;
    private readonly DecoderRecipe _recipe;
    private readonly int[] _chosen;

    /// <summary>Chooses the pictures.</summary>
    /// <param name="validation">Pictures that are not trained on, two or more.</param>
    /// <param name="encoder">The encoder of their embeddings.</param>
    /// <param name="recipe">The model in training.</param>
    /// <exception cref="InputException">There are fewer than two pictures.</exception>
    public DecoderPreview(IConditionedPictures validation, IImageEncoder encoder, DecoderRecipe recipe)
    {
        ArgumentNullException.ThrowIfNull(validation);
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(recipe);
        if (validation.Count < 2)
            throw new InputException($"Previews need at least two validation pictures, the data has {validation.Count}.");
        (_validation, _encoder, _recipe) = (validation, encoder, recipe);
        int[] order = [.. Enumerable.Range(0, validation.Count)];
        new RandomGenerator(recipe.Seed).Shuffle<int>(order);
        _chosen = order[..Math.Min(MostPictures, order.Length)];
    }

    /// <summary>Makes and judges pictures.</summary>
    /// <param name="decoder">The decoder.</param>
    /// <param name="samples">Pictures it has been shown.</param>
    /// <param name="loss">Its loss.</param>
    /// <param name="cancellation">Stops between steps.</param>
    /// <returns>The line of progress, and the sheet as PNG: real pictures above what was made from their embeddings.</returns>
    public (DecoderProgress Progress, byte[] Sheet) Take(
        DiffusionDecoder decoder, long samples, double loss, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(decoder);
        var conditions = FeatureRows.Take(_validation.Conditions, _chosen);
        var made = new byte[_chosen.Length][];
        var options = new GenerationOptions { Steps = Steps, Guidance = _recipe.PreviewGuidance, Seed = _recipe.Seed };
        new PictureGenerator(decoder, options).Run(conditions, (i, rgb) => made[i] = rgb, cancellation: cancellation);
        var features = _encoder.EmbedImages(
            made.Length,
            (i, rgb) => _encoder.Preprocessing.Fit(made[i], decoder.Config.ImageSize, decoder.Config.ImageSize, rgb),
            cancellation: cancellation);
        double frechet = FrechetDistance.Compute(features, _validation.Conditions);
        var nearest = ExactSearch.TopK(features, conditions, 1);
        double own = Enumerable.Range(0, made.Length).Count(i => nearest.Rows(i)[0] == i) / (double)made.Length;
        return (new DecoderProgress(samples, loss, Errors(decoder, conditions, cancellation), frechet, own), Sheet(made).ToPng());
    }

    private Dictionary<string, double> Errors(DiffusionDecoder decoder, Tensor conditions, CancellationToken cancellation)
    {
        int size = decoder.Config.ImageSize, pixels = 3 * size * size;
        var scale = DecoderTrainer.PixelScale(size);
        var sums = new double[Times.Length];
        for (int start = 0; start < _chosen.Length; start += ErrorBatch)
        {
            int count = Math.Min(ErrorBatch, _chosen.Length - start);
            var rgb = new byte[count * pixels];
            for (int b = 0; b < count; b++) _validation.ReadImage(_chosen[start + b], rgb.AsSpan(b * pixels, pixels));
            Tensor clean = new(count, 3, size, size), noise = new(count, 3, size, size), noisy = new(count, 3, size, size);
            scale.Normalize(rgb, clean);
            PictureNoise.Fill(noise, [.. Enumerable.Range(start, count).Select(i => new RandomGenerator(_recipe.Seed).Split((ulong)i))]);
            for (int t = 0; t < Times.Length; t++)
            {
                cancellation.ThrowIfCancellationRequested();
                float[] times = [.. Enumerable.Repeat(Times[t], count)];
                RectifiedFlowPath.Mix(clean, noise, times, noisy);
                using var tape = Tape.Inference();
                var predicted = decoder.Predict(
                    tape, noisy, times, FeatureRows.Range(conditions, start, start + count), [.. Enumerable.Range(0, count)]);
                double distance = TensorPrimitives.Distance(predicted.Span, clean.Span);
                sums[t] += distance * distance;
            }
        }

        return Enumerable.Range(0, Times.Length).ToDictionary(
            t => Times[t].ToString(CultureInfo.InvariantCulture),
            t => sums[t] / ((double)_chosen.Length * pixels));
    }

    private PictureSheet Sheet(byte[][] made)
    {
        int size = _recipe.ImageSize, pairs = Math.Min(SheetPairs, made.Length);
        var sheet = new PictureSheet(SheetColumns, size);
        for (int start = 0; start < pairs; start += SheetColumns)
        {
            int count = Math.Min(SheetColumns, pairs - start);
            for (int i = start; i < start + count; i++)
            {
                var rgb = new byte[3 * size * size];
                _validation.ReadImage(_chosen[i], rgb);
                sheet.Add(rgb);
            }

            for (int i = start; i < start + count; i++) sheet.Add(made[i]);
        }

        return sheet;
    }
}
