using System.Diagnostics;
using System.Text;
using System.Text.Json;
using CsAligner.Adapters;
using CsAligner.Evaluation;
using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;
using CsAligner.Tensors.Optimizers;

namespace CsAligner.Training;

// Shapes: a batch has x [P + U, D] images and y [P + V, D] texts, the first P rows of both are pairs.

/// <summary>
/// Trains adapters on frozen features. Everything a step does follows from the options, the data and the step's
/// number, so a run that was cut off and resumed from its checkpoint ends with the same bits.
/// </summary>
public sealed class AlignmentTrainer
{
    // Between renewals of the bandwidth the features move little; a median of so many rows is exact enough to train by.
    private const int BandwidthInterval = 4;
    private const int BandwidthRows = 1024;

    // Fewer held-out pairs would choose the epoch by chance, and a set so small needs all its pairs to train on.
    private const int FewestValidationPairs = 64;
    private const int MostValidationPairs = 5000;

    private static readonly TimeSpan CheckpointInterval = TimeSpan.FromSeconds(2);

    private readonly AlignmentOptions _options;
    private readonly AlignmentData _data;
    private readonly CsAlignerObjective _objective;
    private readonly PairBatches _batches;
    private readonly Tensor? _validationImages;
    private readonly Tensor? _validationTexts;
    private readonly Adapter _image;
    private readonly Adapter _text;
    private readonly Adapter _startImage;
    private readonly Adapter _startText;
    private readonly Adapter _endImage;
    private readonly Adapter _endText;
    private readonly Adapter _bestImage;
    private readonly Adapter _bestText;
    private readonly Tensor _logScale;
    private readonly AdamW _optimizer;
    private readonly CosineSchedule _schedule;
    private readonly Tensor _history;
    private readonly AlignmentProgress _progress = new();
    private readonly int _trainingPairs;

    /// <summary>A run at its start.</summary>
    /// <param name="options">How to train.</param>
    /// <param name="data">What on.</param>
    /// <exception cref="InputException">An option is out of range, or the data does not fit.</exception>
    public AlignmentTrainer(AlignmentOptions options, AlignmentData data)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(data);
        options.Validate();
        data.Validate();
        (_options, _data) = (options, data);
        int[][] textsOfImage = data.Pairing.TextsOfImage();
        int[] paired = [.. Enumerable.Range(0, textsOfImage.Length).Where(i => textsOfImage[i].Length > 0)];
        (int[] training, int[] heldOut) = Split(paired);
        if (training.Length < 2) throw new InputException($"align: at least 2 pairs are needed to train on, got {training.Length}");
        _trainingPairs = training.Length;
        _validationImages = data.ValidationImages ?? (heldOut.Length == 0 ? null : FeatureRows.Take(data.Images, heldOut));
        _validationTexts = data.ValidationTexts ?? (heldOut.Length == 0 ? null : FeatureRows.Take(data.Texts, [.. heldOut.Select(i => textsOfImage[i][0])]));
        _batches = new PairBatches(training, textsOfImage, options.BatchSize, data.UnpairedImages?.Rows ?? 0, data.UnpairedTexts?.Rows ?? 0, options.UnpairedRatio, options.Seed);

        var (imageShift, textShift) = Shifts(training, textsOfImage);
        var random = new RandomGenerator(options.Seed);
        _image = Create(imageShift, options.Train != TrainedSide.Text, random);
        _text = Create(textShift, options.Train != TrainedSide.Image, random);
        (_startImage, _startText) = (_image.Clone(), _text.Clone());
        (_endImage, _endText) = (_image.Clone(), _text.Clone());
        (_bestImage, _bestText) = (_image.Clone(), _text.Clone());
        _image.RequireGrad(true);
        _text.RequireGrad(true);
        _logScale = InfoNce.LogitScale(options.Temperature);
        _logScale.RequiresGrad = options.LearnTemperature;
        bool cs = options.Objective is AlignmentObjective.CsInfoNce or AlignmentObjective.Cs;
        double infoNce = options.Objective switch { AlignmentObjective.InfoNce => 1, AlignmentObjective.CsInfoNce => options.Lambda, _ => 0 };
        _objective = new CsAlignerObjective { CsWeight = cs ? 1 : 0, InfoNceWeight = infoNce };
        _optimizer = new AdamW(Trained(), new AdamWOptions { WeightDecay = (float)options.WeightDecay, Beta2 = 0.999f, Epsilon = 1e-8f });
        int steps = checked(Epochs * _batches.PerEpoch);
        _schedule = new CosineSchedule(options.LearningRate, (int)Math.Round(options.Warmup * steps), steps, options.FinalShare);
        _history = new Tensor(Epochs + 1, AlignmentEpoch.Numbers);
    }

    // Nothing is trained for the baseline.
    private int Epochs => _options.Objective == AlignmentObjective.MeanShift || !Trained().Any() ? 0 : _options.Epochs;

    /// <summary>Told of the number of every step done; tests cut runs off there.</summary>
    internal Action<long>? StepDone { get; init; }

    /// <summary>Trains to the end, or to a cancellation, which leaves a checkpoint.</summary>
    /// <param name="checkpoint">Where the state is kept, every few seconds and at the end; null for nowhere.</param>
    /// <param name="resume">Whether to go on from the checkpoint if there is one.</param>
    /// <param name="progress">Told of every epoch, the start first.</param>
    /// <param name="cancellation">Checked before every step.</param>
    /// <exception cref="OperationCanceledException">Cancelled; the checkpoint holds everything up to the last step.</exception>
    /// <exception cref="InputException">The checkpoint belongs to other options or data, or training diverged.</exception>
    public AlignmentResult Run(
        string? checkpoint = null, bool resume = false, Action<AlignmentEpoch>? progress = null, CancellationToken cancellation = default)
    {
        var clock = Stopwatch.StartNew();
        string identity = checkpoint == null ? "" : Identity();
        bool resumed = resume && checkpoint != null && File.Exists(checkpoint);
        if (resumed) TrainingCheckpoint.Restore(checkpoint!, identity, State);
        else Finish(0);
        _optimizer.StepCount = ((long)_progress.Epoch * _batches.PerEpoch) + _progress.Step;
        for (int epoch = 0; epoch <= _progress.Epoch; epoch++) progress?.Invoke(Recorded(epoch));
        TimeSpan saved = clock.Elapsed;
        while (_progress.Epoch < Epochs)
        {
            var batches = _batches.Epoch(_progress.Epoch);
            while (_progress.Step < batches.Count)
            {
                if (checkpoint != null && (cancellation.IsCancellationRequested || clock.Elapsed - saved > CheckpointInterval))
                {
                    Save(checkpoint, identity);
                    saved = clock.Elapsed;
                }

                cancellation.ThrowIfCancellationRequested();
                Advance(batches[_progress.Step]);
                StepDone?.Invoke(_optimizer.StepCount);
            }

            Finish(_progress.Epoch + 1);
            progress?.Invoke(Recorded(_progress.Epoch));
        }

        if (checkpoint != null) Save(checkpoint, identity);
        AlignmentEpoch[] epochs = [.. Enumerable.Range(0, _progress.Epoch + 1).Select(Recorded)];
        return new AlignmentResult(_bestImage, _bestText, epochs, _progress.Best, _trainingPairs, _validationImages?.Rows ?? 0, clock.Elapsed.TotalSeconds, resumed);
    }

    private IEnumerable<(string Name, Tensor Values)> State =>
    [
        .. Named("image", _image), .. Named("text", _text), ("logit_scale", _logScale), .. _optimizer.State,
        .. Named("best.image", _bestImage), .. Named("best.text", _bestText), ("history", _history), ("progress", _progress.Values),
    ];

    private static IEnumerable<(string Name, Tensor Values)> Named(string prefix, Adapter adapter) =>
        adapter.Tensors.Select(t => ($"{prefix}.{t.Name}", t.Values));

    private void Advance(PairBatches.Batch batch)
    {
        long step = _optimizer.StepCount;
        using var tape = new Tape();
        Tensor x = Encode(tape, _image, _data.Images, batch.Images, _data.UnpairedImages, batch.UnpairedImages);
        Tensor y = Encode(tape, _text, _data.Texts, batch.Texts, _data.UnpairedTexts, batch.UnpairedTexts);
        if (_objective.CsWeight > 0 && step % BandwidthInterval == 0)
            _progress.Bandwidth = (float)_options.Bandwidth.Resolve(x, y, _options.Seed + (ulong)step, BandwidthRows);
        var objective = _objective with { Bandwidth = _progress.Bandwidth, Estimator = _options.Estimator, EstimatorSeed = _options.Seed + (ulong)step };
        var result = objective.Forward(tape, x, y, _logScale, batch.Images.Length);
        float loss = result.Loss.Item;
        if (!float.IsFinite(loss)) throw new InputException($"align: training diverged at step {step + 1}, the loss is {loss}; lower --lr");
        tape.Backward(result.Loss);
        _optimizer.Step(_schedule.At(step), _options.MaxGradNorm);
        InfoNce.Clamp(_logScale);
        _progress.Add(loss, result);
    }

    // Closes an epoch: its record, and whether it is the best so far. Epoch 0 is the start.
    private void Finish(int epoch)
    {
        Interpolate(_startImage, _image, _endImage);
        Interpolate(_startText, _text, _endText);
        var (objective, divergence, imageToText, textToImage) = Validate();
        float steps = Math.Max(1, _progress.Step);
        bool cs = _objective.CsWeight > 0 && epoch > 0, infoNce = _objective.InfoNceWeight > 0 && epoch > 0;
        new AlignmentEpoch(
            epoch,
            epoch > 0 ? _progress.Loss / steps : float.NaN,
            cs ? _progress.CauchySchwarz / steps : float.NaN,
            infoNce ? _progress.InfoNce / steps : float.NaN,
            cs ? _progress.Bandwidth : float.NaN,
            (float)Math.Exp(-_logScale.Span[0]),
            epoch > 0 ? (float)_schedule.At(_optimizer.StepCount - 1) : 0,
            objective,
            divergence,
            imageToText,
            textToImage).Store(_history.Span[(epoch * AlignmentEpoch.Numbers)..]);
        if (epoch == 0 || float.IsNaN(objective) || objective < Recorded(_progress.Best).ValidationObjective)
        {
            _progress.Best = epoch;
            Copy(_endImage, _bestImage);
            Copy(_endText, _bestText);
        }

        _progress.Begin(epoch);
    }

    // Judged off the diagonal and at a bandwidth tied to the spread: neither few rows nor shrinking can fool it. Of both
    // terms InfoNCE counts fully, whatever lambda, and D_CS half, for it is -2 ln of a cosine: with lambda alone as
    // weight, epochs that overfit the pairs would win by a divergence that goes on falling.
    private (float Objective, float Divergence, float ImageToText, float TextToImage) Validate()
    {
        if (_validationImages == null || _validationTexts == null || _validationImages.Rows < 2) return (float.NaN, float.NaN, float.NaN, float.NaN);
        Tensor x = _endImage.Apply(_validationImages), y = _endText.Apply(_validationTexts);
        double sigma = Evaluator.DefaultBandwidth.Resolve(x, y, _options.Seed, 2 * BandwidthRows);
        using var tape = Tape.Inference();
        var judge = new CsAlignerObjective { CsWeight = 1, InfoNceWeight = 1, Bandwidth = sigma, OffDiagonal = true };
        var measured = judge.Forward(tape, x, y, _logScale);
        double objective = _options.Objective switch
        {
            AlignmentObjective.InfoNce => measured.InfoNce,
            AlignmentObjective.CsInfoNce when _options.Lambda > 0 => measured.InfoNce + (0.5 * measured.CauchySchwarz),
            _ => measured.CauchySchwarz,
        };
        var pairing = Pairing.Diagonal(x.Rows);
        return (
            (float)objective,
            (float)measured.CauchySchwarz,
            (float)Evaluator.ImageToText(x, y, pairing).RecallAt1,
            (float)Evaluator.TextToImage(x, y, pairing).RecallAt1);
    }

    private AlignmentEpoch Recorded(int epoch) => AlignmentEpoch.Load(epoch, _history.Span.Slice(epoch * AlignmentEpoch.Numbers, AlignmentEpoch.Numbers));

    private void Save(string checkpoint, string identity) => TrainingCheckpoint.Save(checkpoint, identity, _optimizer.StepCount, State);

    private string Identity()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) _options.WriteJson(writer);
        return Encoding.UTF8.GetString(stream.ToArray()) + _data.Fingerprint();
    }

    private IEnumerable<(string Name, Tensor Values)> Trained()
    {
        foreach (var (name, adapter) in new[] { ("image", _image), ("text", _text) })
            foreach (var parameter in adapter.Parameters) yield return ($"{name}.{parameter.Name}", parameter.Values);
        if (_logScale.RequiresGrad) yield return ("logit_scale", _logScale);
    }

    private (int[] Training, int[] HeldOut) Split(int[] paired)
    {
        int count = Math.Min(MostValidationPairs, (int)Math.Round(_options.ValidationFraction * paired.Length));
        if (_data.ValidationImages != null || count < FewestValidationPairs) return (paired, []);
        int[] shuffled = [.. paired];
        new RandomGenerator(_options.Seed).Split(0).Shuffle<int>(shuffled);
        return ([.. shuffled[count..].Order()], [.. shuffled[..count].Order()]);
    }

    // With both sides free each loses its own mean; a side that trains alone is moved onto the other.
    private (Tensor Image, Tensor Text) Shifts(int[] training, int[][] textsOfImage)
    {
        int width = _data.Images.Width;
        var (image, text) = (new Tensor(width), new Tensor(width));
        if (!_options.Adapter.MeanShift) return (image, text);
        double[] meanImage = Mean(_data.Images, training, _data.UnpairedImages);
        double[] meanText = Mean(_data.Texts, [.. training.SelectMany(i => textsOfImage[i])], _data.UnpairedTexts);
        for (int d = 0; d < width; d++)
        {
            if (_options.Train != TrainedSide.Text) image.Span[d] = (float)((_options.Train == TrainedSide.Image ? meanText[d] : 0) - meanImage[d]);
            if (_options.Train != TrainedSide.Image) text.Span[d] = (float)((_options.Train == TrainedSide.Text ? meanImage[d] : 0) - meanText[d]);
        }

        return (image, text);
    }

    private static double[] Mean(Tensor rows, int[] chosen, Tensor? unpaired)
    {
        int width = rows.Width;
        var mean = new double[width];
        foreach (int row in chosen)
            for (int d = 0; d < width; d++) mean[d] += rows.Span[(row * width) + d];
        for (int i = 0; i < (unpaired?.Length ?? 0); i++) mean[i % width] += unpaired!.Span[i];
        for (int d = 0; d < width; d++) mean[d] /= chosen.Length + (unpaired?.Rows ?? 0);
        return mean;
    }

    private Adapter Create(Tensor shift, bool trains, RandomGenerator random) =>
        trains && _options.Objective != AlignmentObjective.MeanShift ? _options.Adapter.Create(shift, random) : new IdentityAdapter(shift);

    // What would be kept if training ended here. At 1 exactly what was trained.
    private void Interpolate(Adapter start, Adapter trained, Adapter end)
    {
        float share = (float)_options.Interpolation;
        foreach (var ((from, to), kept) in start.Tensors.Zip(trained.Tensors).Zip(end.Tensors))
            for (int i = 0; i < kept.Values.Length; i++) kept.Values.Span[i] = ((1 - share) * from.Values.Span[i]) + (share * to.Values.Span[i]);
    }

    private static void Copy(Adapter from, Adapter to)
    {
        foreach (var (source, target) in from.Tensors.Zip(to.Tensors)) source.Values.Span.CopyTo(target.Values.Span);
    }

    private Tensor Encode(Tape tape, Adapter adapter, Tensor paired, int[] rows, Tensor? unpaired, int[] unpairedRows) => tape.InChunks(
        rows.Length + unpairedRows.Length,
        _options.ChunkSize ?? int.MaxValue,
        adapter.Parameters.Any(),
        (part, start, count) =>
        {
            var x = part.Rent([count, paired.Width]);
            for (int r = 0; r < count; r++)
            {
                int row = start + r;
                var source = row < rows.Length ? Row(paired, rows[row]) : Row(unpaired!, unpairedRows[row - rows.Length]);
                source.CopyTo(Row(x, r));
            }

            return adapter.Encode(part, x);
        });

    private static Span<float> Row(Tensor rows, int row) => rows.Span.Slice(row * rows.Width, rows.Width);
}
