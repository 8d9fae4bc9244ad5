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
/// Trains adapters on frozen features, or with them the encoders that make the features. Everything a step does follows from the options,
/// the data and the step's number, so a run that was cut off and resumed from its checkpoint ends with the same bits.
/// </summary>
public sealed class AlignmentTrainer
{
    // Between renewals of the bandwidth the features move little; a median of so many rows is exact enough to train by.
    private const int BandwidthInterval = 4;
    private const int BandwidthRows = 1024;

    // Fewer held-out pairs would choose the epoch by chance, and a set so small needs all its pairs to train on.
    private const int FewestValidationPairs = 64;
    private const int MostValidationPairs = 5000;

    private const int EncoderChunk = 256;

    private static readonly TimeSpan CheckpointInterval = TimeSpan.FromSeconds(2);

    private readonly AlignmentOptions _options;
    private readonly AlignmentData _data;
    private readonly AlignmentLoss _loss;
    private readonly PairBatches _batches;
    private readonly AlignmentSide _image;
    private readonly AlignmentSide _text;
    private readonly int[] _validationImages;
    private readonly int[] _validationTexts;
    private readonly WeightSnapshots _snapshots;
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
        data.Validate(options);
        (_options, _data) = (options, data);
        int[][] textsOfImage = data.Pairing.TextsOfImage();
        int[] paired = [.. Enumerable.Range(0, textsOfImage.Length).Where(i => textsOfImage[i].Length > 0)];
        (int[] training, int[] heldOut) = Split(paired);
        if (training.Length < 2) throw new InputException($"align: at least 2 pairs are needed to train on, got {training.Length}");
        _trainingPairs = training.Length;
        _batches = new PairBatches(training, textsOfImage, options.BatchSize, data.UnpairedImages?.Rows ?? 0, data.UnpairedTexts?.Rows ?? 0,
            options.UnpairedRatio, options.Seed, options.AllCaptions);

        SampleFeatures images = data.ImageFeatures, texts = data.TextFeatures;
        bool given = data.ValidationImages != null;
        _validationImages = given ? [.. Enumerable.Range(images.First(2), images.Count - images.First(2))] : heldOut;
        _validationTexts = given
            ? [.. Enumerable.Range(texts.First(2), texts.Count - texts.First(2))]
            : [.. heldOut.Select(i => textsOfImage[i][0])];

        var (imageShift, textShift) = Shifts(training, textsOfImage);
        var random = new RandomGenerator(options.Seed);
        int width = options.Train == TrainedSide.Image ? texts.Width : images.Width;
        _image = new AlignmentSide("image", images, data.ImageEncoder, Create(imageShift, width, options.Train != TrainedSide.Text, random),
            options.ChunkSize ?? DefaultChunk(data.ImageEncoder));
        _text = new AlignmentSide("text", texts, data.TextEncoder, Create(textShift, width, options.Train != TrainedSide.Image, random),
            options.ChunkSize ?? DefaultChunk(data.TextEncoder));
        _image.Adapter.RequireGrad(options.Objective.Trains);
        _text.Adapter.RequireGrad(options.Objective.Trains);
        _loss = new AlignmentLoss(options, width);
        _snapshots = new WeightSnapshots(_image.Parameters.Concat(_text.Parameters), options.Interpolation);
        _optimizer = new AdamW(Trained, new AdamWOptions { WeightDecay = (float)options.WeightDecay, Beta2 = 0.999f, Epsilon = 1e-8f });
        int steps = checked(Epochs * _batches.PerEpoch);
        _schedule = new CosineSchedule(options.LearningRate, (int)Math.Round(options.Warmup * steps), steps, options.FinalShare);
        _history = new Tensor(Epochs + 1, AlignmentEpoch.Numbers);
        if (State.GroupBy(t => t.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new InputException($"objective: {options.Objective} has a term whose parameter is called '{twice.Key}', as another "
                + "tensor of the run is; give it a name of its own");
    }

    // Nothing is trained for the baselines.
    private int Epochs => _options.Objective.Trains && _image.Parameters.Concat(_text.Parameters).Any() ? _options.Epochs : 0;

    private IEnumerable<(string Name, Tensor Values)> Trained =>
        _image.Parameters.Concat(_text.Parameters).Concat(_loss.Tensors.Where(t => t.Values.RequiresGrad));

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
        long trained = Trained.Sum(p => (long)p.Values.Length);
        _snapshots.UseBest();
        _image.Adapter.RequireGrad(false);
        _text.Adapter.RequireGrad(false);
        return new AlignmentResult(_image.Adapter, _text.Adapter, epochs, _progress.Best, _trainingPairs, _validationImages.Length,
            clock.Elapsed.TotalSeconds, resumed)
        {
            TrainedParameters = trained,
            EncoderParameters = (_data.ImageEncoder?.Parameters ?? []).Concat(_data.TextEncoder?.Parameters ?? [])
                .Sum(p => (long)p.Values.Length),
        };
    }

    private IEnumerable<(string Name, Tensor Values)> State =>
    [
        .. _image.Parameters, .. _text.Parameters, .. _loss.Tensors, .. _optimizer.State, .. _snapshots.State, ("history", _history),
        ("progress", _progress.Values),
    ];

    private void Advance(PairBatches.Batch batch)
    {
        long step = _optimizer.StepCount;
        bool tokens = _options.TokenWeight > 0, renew = step % BandwidthInterval == 0;
        using var tape = new Tape();
        var x = _image.Encode(tape, Samples(batch.Images, _image.Features.First(1), batch.UnpairedImages), tokens);
        var y = _text.Encode(tape, Samples(batch.Texts, _text.Features.First(1), batch.UnpairedTexts), tokens);
        if (_loss.HasBandwidth && renew) _progress.Bandwidth = Bandwidth(x.Rows, y.Rows, step);
        int pairs = batch.Images.Length;
        var values = _loss.Features(tape, x.Rows, y.Rows, pairs, _progress.Bandwidth, step, batch.ImageOfText);
        if (tokens)
        {
            if (renew) _progress.TokenBandwidth = Bandwidth(x.Packed!, y.Packed!, step);
            values = _loss.WithTokens(tape, values, x.Packed!, x.TokensOf(pairs), y.Packed!, y.TokensOf(pairs), _progress.TokenBandwidth);
        }

        float loss = values.Loss!.Item;
        if (!float.IsFinite(loss))
            throw new InputException($"align: training diverged at step {step + 1}, the loss is {loss}; lower the learning rate");
        tape.Backward(values.Loss);
        _optimizer.Step(_schedule.At(step), _options.MaxGradNorm);
        _loss.Clamp();
        _progress.Add(loss, values);
    }

    private float Bandwidth(Tensor x, Tensor y, long step) =>
        (float)_options.Bandwidth.Resolve(x, y, _options.Seed + (ulong)step, BandwidthRows);

    private static int[] Samples(int[] paired, int firstUnpaired, int[] unpaired)
    {
        if (unpaired.Length == 0) return paired;
        int[] samples = [.. paired, .. unpaired];
        for (int i = paired.Length; i < samples.Length; i++) samples[i] += firstUnpaired;
        return samples;
    }

    // Closes an epoch: its record, and whether it is the best so far. Epoch 0 is the start.
    private void Finish(int epoch)
    {
        _snapshots.Interpolate();
        var (objective, divergence, imageToText, textToImage) = Validate();
        float steps = epoch > 0 ? Math.Max(1, _progress.Step) : float.NaN;
        new AlignmentEpoch(
            epoch,
            _progress.Loss / steps,
            _progress.CauchySchwarz / steps,
            _progress.InfoNce / steps,
            _progress.Other / steps,
            _progress.TokenCauchySchwarz / steps,
            _loss.HasBandwidth && epoch > 0 ? _progress.Bandwidth : float.NaN,
            _loss.Temperature,
            epoch > 0 ? (float)_schedule.At(_optimizer.StepCount - 1) : 0,
            objective,
            divergence,
            imageToText,
            textToImage).Store(_history.Span[(epoch * AlignmentEpoch.Numbers)..]);
        if (epoch == 0 || float.IsNaN(objective) || objective < Recorded(_progress.Best).ValidationObjective)
        {
            _progress.Best = epoch;
            _snapshots.KeepBest();
        }

        _snapshots.Return();
        _progress.Begin(epoch);
    }

    private (float Objective, float Divergence, float ImageToText, float TextToImage) Validate()
    {
        if (_validationImages.Length < 2) return (float.NaN, float.NaN, float.NaN, float.NaN);
        using var tape = Tape.Inference();
        Tensor x = _image.Encode(tape, _validationImages, tokens: false).Rows, y = _text.Encode(tape, _validationTexts, tokens: false).Rows;
        double sigma = Evaluator.DefaultBandwidth.Resolve(x, y, _options.Seed, 2 * BandwidthRows);
        double divergence = CauchySchwarzDivergence.Value(x, y, sigma, offDiagonal: true);
        var pairing = Pairing.Diagonal(x.Rows);
        return (
            (float)(_options.Objective.Trains ? _loss.Validation(tape, x, y, divergence, () => Bandwidth(x, y, 0)) : divergence),
            (float)divergence,
            (float)Evaluator.ImageToText(x, y, pairing).RecallAt1,
            (float)Evaluator.TextToImage(x, y, pairing).RecallAt1);
    }

    private AlignmentEpoch Recorded(int epoch) =>
        AlignmentEpoch.Load(epoch, _history.Span.Slice(epoch * AlignmentEpoch.Numbers, AlignmentEpoch.Numbers));

    private void Save(string checkpoint, string identity) => TrainingCheckpoint.Save(checkpoint, identity, _optimizer.StepCount, State);

    private string Identity()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) _options.WriteJson(writer);
        return Encoding.UTF8.GetString(stream.ToArray()) + _data.Fingerprint();
    }

    private (int[] Training, int[] HeldOut) Split(int[] paired)
    {
        int count = Math.Min(MostValidationPairs, (int)Math.Round(_options.ValidationFraction * paired.Length));
        if (_data.ValidationImages != null || count < FewestValidationPairs) return (paired, []);
        int[] shuffled = [.. paired];
        new RandomGenerator(_options.Seed).Split(0).Shuffle<int>(shuffled);
        return ([.. shuffled[count..].Order()], [.. shuffled[..count].Order()]);
    }

    // With both sides free each loses its own mean; a side that trains alone is moved onto the other, where it has its width.
    private (Tensor Image, Tensor Text) Shifts(int[] training, int[][] textsOfImage)
    {
        var (image, text) = (new Tensor(_data.Images.Width), new Tensor(_data.Texts.Width));
        if (!_options.Adapter.MeanShift || _options.Objective == AlignmentObjective.Raw) return (image, text);
        double[] meanImage = Mean(_data.Images, training, _data.UnpairedImages);
        double[] meanText = Mean(_data.Texts, [.. training.SelectMany(i => textsOfImage[i])], _data.UnpairedTexts);
        if (_options.Train != TrainedSide.Text) Shift(image, meanImage, _options.Train == TrainedSide.Image ? meanText : []);
        if (_options.Train != TrainedSide.Image) Shift(text, meanText, _options.Train == TrainedSide.Text ? meanImage : []);
        return (image, text);
    }

    private static void Shift(Tensor shift, double[] from, double[] to)
    {
        for (int d = 0; d < from.Length; d++) shift.Span[d] = (float)((to.Length == from.Length ? to[d] : 0) - from[d]);
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

    private Adapter Create(Tensor shift, int width, bool trains, RandomGenerator random)
    {
        var adapter = trains && _options.Objective.Trains ? _options.Adapter : new AdapterOptions { Kind = IdentityAdapter.KindName };
        return adapter.Kinds.Create(adapter, shift, width, random);
    }

    // An encoder keeps far more for the way back than an adapter.
    private static int DefaultChunk(ITrainableEncoder? encoder) => encoder == null ? int.MaxValue : EncoderChunk;
}
