using CsAligner.Generation.Decoders;
using CsAligner.Generation.Diffusion;
using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;
using CsAligner.Tensors.Optimizers;
using CsAligner.Training;

namespace CsAligner.Generation.Training;

/// <summary>
/// Trains a decoder to find the velocity between noise and picture. Everything a step draws comes from the seed and the step's number, so
/// that a run cut off at any step and resumed from its checkpoint ends with the same bits.
/// </summary>
public sealed class DecoderTrainer
{
    // Streams of the seed; those of epochs come first.
    private const ulong FirstStepStream = 1UL << 40;
    private const ulong TimeStream = 0, FirstNoiseStream = 1;

    private readonly DecoderRecipe _recipe;
    private readonly IConditionedPictures _pictures;
    private readonly AdamW _optimizer;
    private readonly PictureOrder _order;
    private readonly ExponentialMovingAverage[] _averages;
    private readonly ImagePreprocessing _toPixels;
    private readonly LogitNormalTimes _times;

    // State of the current step.
    private readonly byte[] _rgb;
    private readonly Tensor _clean, _noisy, _conditions, _weights;
    private readonly float[] _at;
    private readonly int[] _rows;
    private readonly RandomGenerator[] _generators;

    // The sum and number of losses since the last reset: part of the checkpoint, so that the log continues.
    private readonly Tensor _losses = new(2);

    /// <summary>A run at its start.</summary>
    /// <param name="recipe">The recipe to train.</param>
    /// <param name="pictures">The training data.</param>
    /// <param name="initial">Weights to begin with instead of random ones; copied.</param>
    /// <exception cref="InputException">There are no pictures, or the initial weights are of another shape.</exception>
    public DecoderTrainer(DecoderRecipe recipe, IConditionedPictures pictures, DiffusionDecoder? initial = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(pictures);
        if (pictures.Count == 0) throw new InputException("Training a decoder needs pictures; the data has none.");
        (_recipe, _pictures) = (recipe, pictures);
        var config = recipe.ToConfig(pictures.Conditions.Width);
        Decoder = DiffusionDecoder.Create(config, new RandomGenerator(recipe.Seed));
        if (initial is not null) Begin(initial);
        Decoder.RequireGrad(true);
        _optimizer = new AdamW(
            Decoder.NamedTensors,
            new AdamWOptions { Beta2 = (float)recipe.Beta2, Epsilon = 1e-8f, WeightDecay = (float)recipe.WeightDecay });
        _order = new PictureOrder(pictures, recipe.ColouredRepeats, recipe.Seed);
        _averages = [.. recipe.EmaDecays.Select(decay => new ExponentialMovingAverage(Decoder, decay))];
        _toPixels = PixelScale(recipe.ImageSize);
        _times = new LogitNormalTimes(recipe.TimeMean, recipe.TimeDeviation);

        int batch = recipe.BatchSize, size = recipe.ImageSize;
        _rgb = new byte[batch * 3 * size * size];
        (_clean, _noisy) = (new Tensor(batch, 3, size, size), new Tensor(batch, 3, size, size));
        (_conditions, _weights) = (new Tensor(batch, config.ConditionSize), new Tensor(batch));
        (_at, _rows, _generators) = (new float[batch], new int[batch], new RandomGenerator[batch]);
    }

    /// <summary>The decoder being trained.</summary>
    public DiffusionDecoder Decoder { get; }

    /// <summary>Steps done, 0 to the recipe's.</summary>
    public long Step => _optimizer.StepCount;

    /// <summary>Pictures shown.</summary>
    public long Samples => Step * _recipe.BatchSize;

    /// <summary>Pictures shown in an epoch.</summary>
    public int PerEpoch => _order.PerEpoch;

    /// <summary>One step of the optimizer on the next batch.</summary>
    /// <exception cref="InputException">The loss or the gradients are no longer finite; the weights are then of no use.</exception>
    public DecoderStep Advance()
    {
        LoadBatch();
        double loss;
        using (var tape = new Tape())
        {
            var predicted = Decoder.Predict(tape, _noisy, _at, _conditions, _rows);
            var error = tape.SquaredError(predicted, _clean, _weights);
            loss = error.Item;
            if (!double.IsFinite(loss)) throw Diverged(Step + 1, "loss", loss);
            tape.Backward(error);
        }

        double norm = _optimizer.Step(_recipe.LearningRateAt(Step), _recipe.MaxGradNorm);
        if (!double.IsFinite(norm)) throw Diverged(Step, "norm of the gradients", norm);
        foreach (var average in _averages) average.Add(Step);
        _losses.Span[0] += (float)loss;
        _losses.Span[1]++;
        return new DecoderStep(Step, Samples, loss, norm);
    }

    /// <summary>The mean loss of the steps since <see cref="ForgetLosses"/>; NaN where there was none.</summary>
    public double MeanLoss => _losses.Span[0] / _losses.Span[1];

    /// <summary>Begins a new mean of losses.</summary>
    public void ForgetLosses() => _losses.Span.Clear();

    /// <summary>A decoder with an average of the weights, ready to make pictures.</summary>
    /// <param name="average">Which of the recipe's averages.</param>
    public DiffusionDecoder Averaged(int average = 0)
    {
        var decoder = DiffusionDecoder.Create(Decoder.Config, new RandomGenerator(0));
        _averages[average].CopyTo(decoder);
        decoder.RequireGrad(false);
        return decoder;
    }

    /// <summary>Writes weights, moments, averages and position to one file, atomically.</summary>
    /// <param name="path">The checkpoint; an older one is replaced only once the new one is whole.</param>
    public void Save(string path) => TrainingCheckpoint.Save(path, new RunIdentity(_recipe.ToIdentity()), Step, State);

    /// <summary>Goes on where a checkpoint was written.</summary>
    /// <param name="path">A file of <see cref="Save"/>.</param>
    /// <exception cref="InputException">It is damaged or belongs to another recipe.</exception>
    public void Restore(string path) =>
        _optimizer.StepCount = TrainingCheckpoint.Restore(path, new RunIdentity(_recipe.ToIdentity()), State);

    /// <summary>Between bytes of 0 to 255 and values of -1 to 1.</summary>
    internal static ImagePreprocessing PixelScale(int imageSize) => new(imageSize, [0.5f, 0.5f, 0.5f], [0.5f, 0.5f, 0.5f]);

    private IEnumerable<(string Name, Tensor Values)> State =>
    [
        .. Decoder.NamedTensors,
        .. _optimizer.State,
        .. _averages.SelectMany((average, i) => average.State.Select(s => ($"average.{i}.{s.Name}", s.Values))),
        ("losses", _losses),
    ];

    private void LoadBatch()
    {
        var random = new RandomGenerator(_recipe.Seed).Split(FirstStepStream + (ulong)Step);
        int pixels = _rgb.Length / _recipe.BatchSize, width = _conditions.Width;
        var choices = random.Split(TimeStream);
        _times.Fill(choices, _at);
        for (int b = 0; b < _rows.Length; b++)
        {
            int index = _order.At(Samples + b);
            _pictures.ReadImage(index, _rgb.AsSpan(b * pixels, pixels));
            _pictures.Conditions.Span.Slice(index * width, width).CopyTo(_conditions.Span[(b * width)..]);
            _rows[b] = choices.NextDouble() < _recipe.ConditionDropout ? DiffusionDecoder.Unconditional : b;
            _weights.Span[b] = RectifiedFlowPath.ErrorWeight(_at[b]);
            _generators[b] = random.Split(FirstNoiseStream + (ulong)b);
        }

        _toPixels.Normalize(_rgb, _clean);
        PictureNoise.Fill(_noisy, _generators);
        RectifiedFlowPath.Mix(_clean, _noisy, _at, _noisy);
    }

    private void Begin(DiffusionDecoder initial)
    {
        if (initial.Config != Decoder.Config)
            throw new InputException(
                $"The initial decoder has another shape than the recipe: {initial.Config} and {Decoder.Config}; "
                + "use the recipe that it was trained with.");
        foreach (var (source, target) in initial.NamedTensors.Zip(Decoder.NamedTensors)) source.Values.Span.CopyTo(target.Values.Span);
    }

    private static InputException Diverged(long step, string what, double value)
        => new(
            $"Training diverged at step {step}: the {what} is {value}; lower learning_rate or raise warmup_samples. "
            + "The last checkpoint is from before the divergence.");
}
