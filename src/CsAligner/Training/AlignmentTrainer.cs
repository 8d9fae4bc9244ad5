using System.Diagnostics;
using System.Text;
using System.Text.Json;
using CsAligner.Adapters;
using CsAligner.Evaluation;
using CsAligner.Objectives;
using CsAligner.Objectives.Terms;
using CsAligner.Ranks;
using CsAligner.Starts;
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
    // Between updates of the bandwidth the features move little, so a median of this many rows is exact enough.
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
    private readonly ModalityPipeline _image;
    private readonly ModalityPipeline _text;
    private readonly int[] _validationImages;
    private readonly int[] _validationTexts;
    private readonly WeightSnapshots _snapshots;
    private readonly AdamW _optimizer;
    private readonly CosineSchedule _schedule;
    private readonly Tensor _history;
    private readonly AlignmentProgress _progress = new();
    private readonly int _trainingPairs;
    private readonly bool _pairedValidation;
    private readonly TrainingRanks? _ranks;
    private readonly int _width;

    /// <summary>A run at its start.</summary>
    /// <param name="options">How to train.</param>
    /// <param name="data">What on.</param>
    /// <exception cref="InputException">An option is out of range, or the data does not fit.</exception>
    public AlignmentTrainer(AlignmentOptions options, AlignmentData data)
        : this(options, data, null, RowExchange.Gather)
    {
    }

    /// <summary>A run at its start, shared by ranks: each computes its own rows of every step, the loss is that of all rows.</summary>
    /// <param name="options">How to train; the same on all ranks.</param>
    /// <param name="data">What on; the same on all ranks.</param>
    /// <param name="ranks">The ranks; null for this process alone.</param>
    /// <param name="exchange">How they get each other's features.</param>
    /// <exception cref="InputException">An option is out of range or does not run on several ranks, or the data does not fit.</exception>
    public AlignmentTrainer(AlignmentOptions options, AlignmentData data, ICommunicator? ranks, RowExchange exchange)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(data);
        options.Validate();
        data.Validate(options);
        (_options, _data) = (options, data);
        _ranks = ranks == null ? null : new TrainingRanks(ranks, exchange);
        _ranks?.Check(options);

        // Before anything is done together that they would do differently.
        _ranks?.CheckSame(new RunIdentity([OptionsPart, .. data.Sources()]));
        int[][] textsOfImage = data.Pairing.TextsOfImage();
        int[] paired = [.. Enumerable.Range(0, textsOfImage.Length).Where(i => textsOfImage[i].Length > 0)];
        (int[] training, int[] heldOut) = Split(paired);
        CheckPairs(training.Length);
        _trainingPairs = training.Length;
        SampleFeatures images = data.ImageFeatures, texts = data.TextFeatures;
        bool given = data.ValidationImages != null;
        _pairedValidation = given || heldOut.Length > 0;
        var (freeImages, heldOutImages) = SplitUnpaired(data.UnpairedImageCount, data.UnpairedTextCount, 1);
        var (freeTexts, heldOutTexts) = SplitUnpaired(data.UnpairedTextCount, data.UnpairedImageCount, 2);
        options = _options = options.WithSimilarityWeight(training.Length, freeImages.Length + freeTexts.Length);
        _validationImages = given ? [.. Enumerable.Range(images.First(2), images.Count - images.First(2))]
            : heldOut.Length > 0 ? heldOut : [.. heldOutImages.Select(i => images.First(1) + i)];
        _validationTexts = given ? [.. Enumerable.Range(texts.First(2), texts.Count - texts.First(2))]
            : heldOut.Length > 0 ? [.. heldOut.Select(i => textsOfImage[i][0])] : [.. heldOutTexts.Select(i => texts.First(1) + i)];
        _batches = new PairBatches(training, textsOfImage, options.BatchSize, freeImages, freeTexts, options.UnpairedRatio, options.Seed,
            options.AllCaptions);

        int[] trainingTexts = [.. training.SelectMany(i => textsOfImage[i])];
        var starts = AlignmentStarts.Of(
            options,
            Chosen(images, [.. training, .. freeImages.Select(i => images.First(1) + i)], OwnerOfImage),
            Chosen(texts, [.. trainingTexts, .. freeTexts.Select(i => texts.First(1) + i)], OwnerOfText),
            _trainingPairs,
            () => (ToTensor(Chosen(images, [.. training.SelectMany(i => Enumerable.Repeat(i, textsOfImage[i].Length))], OwnerOfImage)),
                ToTensor(Chosen(texts, trainingTexts, OwnerOfText))));
        var random = new RandomGenerator(options.Seed);
        int width = options.Train == TrainedSide.Image ? starts.Texts.OutputWidth : starts.Images.OutputWidth;
        _width = width;
        _image = new ModalityPipeline("image", images, data.ImageEncoder,
            Create(starts.Images, width, options.Train != TrainedSide.Text, random), starts.Images,
            options.ChunkSize ?? DefaultChunk(data.ImageEncoder));
        _text = new ModalityPipeline("text", texts, data.TextEncoder,
            Create(starts.Texts, width, options.Train != TrainedSide.Image, random), starts.Texts,
            options.ChunkSize ?? DefaultChunk(data.TextEncoder));
        _image.Adapter.RequireGrad(options.Objective.Trains);
        _text.Adapter.RequireGrad(options.Objective.Trains);
        _loss = new AlignmentLoss(options, width);
        _snapshots = new WeightSnapshots(_image.Parameters.Concat(_text.Parameters), options.Interpolation);
        _optimizer = new AdamW(Trained, new AdamWOptions { WeightDecay = (float)options.WeightDecay, Beta2 = 0.999f, Epsilon = 1e-8f });
        Epochs = EpochsToTrain();
        int steps = checked(Epochs * _batches.PerEpoch);
        _schedule = new CosineSchedule(options.LearningRate, (int)Math.Round(options.Warmup * steps), steps, options.FinalShare);
        _history = new Tensor(Epochs + 1, AlignmentEpoch.Numbers);
        if (State.GroupBy(t => t.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new InputException($"objective: {options.Objective} has a term with a parameter named '{twice.Key}', like another "
                + "tensor of the run; give it another name");
    }

    /// <summary>Epochs of the run: 0 for baselines, and without pairs where too few rows are held out to tell when to stop.</summary>
    public int Epochs { get; }

    private bool IsLeftAtStart => _trainingPairs == 0 && _validationImages.Length == 0 && _options.ValidationFraction > 0;

    private IEnumerable<(string Name, Tensor Values)> Trained =>
        _image.Parameters.Concat(_text.Parameters).Concat(_loss.Tensors.Where(t => t.Values.RequiresGrad));

    /// <summary>Receives the number of every finished step; tests stop runs there.</summary>
    internal Action<long>? StepDone { get; init; }

    /// <summary>Trains to the end, or to a cancellation, which leaves a checkpoint.</summary>
    /// <param name="checkpoint">Where the state is kept, every few seconds and at the end; null for nowhere.</param>
    /// <param name="resume">Whether to continue from the checkpoint if there is one.</param>
    /// <param name="progress">Told of every epoch, the start first.</param>
    /// <param name="cancellation">Checked before every step.</param>
    /// <exception cref="OperationCanceledException">Cancelled; the checkpoint holds everything up to the last step.</exception>
    /// <exception cref="InputException">The checkpoint belongs to other options or data, or training diverged.</exception>
    public AlignmentResult Run(
        string? checkpoint = null, bool resume = false, Action<AlignmentEpoch>? progress = null, CancellationToken cancellation = default)
    {
        var clock = Stopwatch.StartNew();
        var identity = checkpoint == null && _ranks == null ? null : Identity();
        _ranks?.CheckSame(identity!);
        bool resumed = resume && checkpoint != null && File.Exists(checkpoint);
        if (_ranks != null) resumed = _ranks.FromFirst(resumed);
        if (resumed) Restore(checkpoint!, identity!);
        else Finish(0);
        _optimizer.StepCount = ((long)_progress.Epoch * _batches.PerEpoch) + _progress.Step;
        for (int epoch = 0; epoch <= _progress.Epoch; epoch++) progress?.Invoke(Recorded(epoch));
        TimeSpan saved = clock.Elapsed;
        while (_progress.Epoch < Epochs)
        {
            var batches = _batches.Epoch(_progress.Epoch);
            while (_progress.Step < batches.Count)
            {
                bool stop = cancellation.IsCancellationRequested, save = checkpoint != null && clock.Elapsed - saved > CheckpointInterval;
                if (_ranks != null) (stop, save) = _ranks.Agree(stop, save);
                if (checkpoint != null && (stop || save))
                {
                    Save(checkpoint, identity!);
                    saved = clock.Elapsed;
                }

                // Rank 0 has written before others end.
                if (stop) _ranks?.Barrier();
                if (stop) throw new OperationCanceledException(cancellation);
                Advance(batches[_progress.Step]);
                StepDone?.Invoke(_optimizer.StepCount);
            }

            Finish(_progress.Epoch + 1);
            progress?.Invoke(Recorded(_progress.Epoch));
        }

        if (checkpoint != null) Save(checkpoint, identity!);
        AlignmentEpoch[] epochs = [.. Enumerable.Range(0, _progress.Epoch + 1).Select(Recorded)];
        long trained = Trained.Sum(p => (long)p.Values.Length);
        long received = _ranks?.ReceivedByAll() ?? 0;
        _snapshots.UseBest();
        _image.Adapter.RequireGrad(false);
        _text.Adapter.RequireGrad(false);
        return new AlignmentResult(_image.Adapter, _text.Adapter, epochs, _progress.Best, _trainingPairs,
            _pairedValidation ? _validationImages.Length : 0, clock.Elapsed.TotalSeconds, resumed)
        {
            TrainedParameters = trained,
            Ranks = _ranks?.Ranks.Size ?? 1,
            ExchangedBytes = received,
            ExchangeSeconds = _ranks?.Ranks.ExchangeTime.TotalSeconds ?? 0,
            UnpairedImages = _batches.UnpairedImages,
            UnpairedTexts = _batches.UnpairedTexts,
            HeldOutImages = _pairedValidation ? 0 : _validationImages.Length,
            HeldOutTexts = _pairedValidation ? 0 : _validationTexts.Length,
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
        using var tape = new Tape();
        var values = _ranks == null ? Forward(tape, batch, step) : Forward(tape, batch, step, _ranks);
        float loss = values.Loss!.Item;
        if (!float.IsFinite(loss))
            throw new InputException(step == 0
                ? $"align: the loss is {loss} at the first step, before anything is learnt; scale the rows down, or take another objective"
                : $"align: training diverged at step {step + 1}, the loss is {loss}; lower the learning rate");

        // A rank without rows that train has nothing to go back through.
        if (_ranks == null || values.Loss.RequiresGrad) tape.Backward(values.Loss);
        _ranks?.AddGradients(_image.Parameters.Concat(_text.Parameters).Select(p => p.Values));
        _optimizer.Step(_schedule.At(step), _options.MaxGradNorm);
        _loss.Clamp();
        _progress.Add(loss, values);
    }

    private AlignmentLoss.LossValues Forward(Tape tape, PairBatches.Batch batch, long step)
    {
        bool tokens = _options.TokenWeight > 0, renew = step % BandwidthInterval == 0;
        int[] images = Samples(batch.Images, _image.Features.First(1), batch.UnpairedImages),
            texts = Samples(batch.Texts, _text.Features.First(1), batch.UnpairedTexts);
        var x = _image.Encode(tape, images, tokens);
        var y = _text.Encode(tape, texts, tokens);
        if (_loss.HasBandwidth && renew) _progress.Bandwidth = Bandwidth(x.Rows, y.Rows, step);
        int pairs = batch.Images.Length;
        var values = _loss.Features(tape, x.Rows, y.Rows, pairs, _progress.Bandwidth, step, batch.ImageOfText,
            AtStart(tape, images, texts));
        if (!tokens) return values;
        if (renew) _progress.TokenBandwidth = Bandwidth(x.Packed!, y.Packed!, step);
        return _loss.WithTokens(tape, values, x.Packed!, x.TokensOf(pairs), y.Packed!, y.TokensOf(pairs), _progress.TokenBandwidth);
    }

    private AlignmentLoss.LossValues Forward(Tape tape, PairBatches.Batch batch, long step, TrainingRanks ranks)
    {
        var shared = SharedBatch.Of(batch, _image.Features, _text.Features, ranks.Ranks);
        Tensor x = Own(_image, shared.Images), y = Own(_text, shared.Texts);
        if (_loss.HasBandwidth && step % BandwidthInterval == 0)
            _progress.Bandwidth = (float)ranks.Bandwidth(_options, x, y, shared, _options.Seed + (ulong)step, BandwidthRows);
        (Tensor, Tensor)? atStart = !_loss.NeedsStart ? null
            : (AtStart(_image, shared.Images), AtStart(_text, shared.Texts));
        return ranks.Loss(tape, _loss, _options, x, y, (_image.Parameters.Any(), _text.Parameters.Any()), shared, _progress.Bandwidth, step,
            atStart);

        Tensor Own(ModalityPipeline side, int[] samples) =>
            samples.Length == 0 ? new Tensor(0, _width) : side.Encode(tape, samples, tokens: false).Rows;

        Tensor AtStart(ModalityPipeline side, int[] samples) =>
            samples.Length == 0 ? new Tensor(0, side.Start.OutputWidth) : side.AtStart(tape, samples);
    }

    private (Tensor X, Tensor Y)? AtStart(Tape tape, int[] images, int[] texts) =>
        _loss.NeedsStart ? (_image.AtStart(tape, images), _text.AtStart(tape, texts)) : null;

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
        _ranks?.CheckWeights(Trained.Select(p => p.Values));
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
        if (_validationImages.Length < 2 || _validationTexts.Length < 2) return (float.NaN, float.NaN, float.NaN, float.NaN);
        using var tape = Tape.Inference();
        Tensor x = Encoded(_image, _validationImages, OwnerOfImage), y = Encoded(_text, _validationTexts, OwnerOfText);
        double sigma = Evaluator.DefaultBandwidth.Resolve(x, y, _options.Seed, 2 * BandwidthRows);
        double divergence = CauchySchwarzDivergence.Value(x, y, sigma, offDiagonal: true);
        double objective = _options.Objective.Trains
            ? _loss.Validation(tape, x, y, _pairedValidation, divergence, () => Bandwidth(x, y, 0),
                !_loss.NeedsStart ? null
                    : (Started(_image, _validationImages, OwnerOfImage), Started(_text, _validationTexts, OwnerOfText)))
            : divergence;
        if (!_pairedValidation) return ((float)objective, (float)divergence, float.NaN, float.NaN);
        var pairing = Pairing.Diagonal(x.Rows);
        return (
            (float)objective,
            (float)divergence,
            (float)Evaluator.ImageToText(x, y, pairing).RecallAt1,
            (float)Evaluator.TextToImage(x, y, pairing).RecallAt1);

        Tensor Encoded(ModalityPipeline side, int[] samples, Func<int, int> ownerOf) => _ranks == null
            ? side.Encode(tape, samples, tokens: false).Rows
            : _ranks.Gather(samples, ownerOf, part => side.Encode(tape, part, tokens: false).Rows, _width);

        Tensor Started(ModalityPipeline side, int[] samples, Func<int, int> ownerOf) => _ranks == null
            ? side.AtStart(tape, samples)
            : _ranks.Gather(samples, ownerOf, part => side.AtStart(tape, part), side.Start.OutputWidth);
    }

    private AlignmentEpoch Recorded(int epoch) =>
        AlignmentEpoch.Load(epoch, _history.Span.Slice(epoch * AlignmentEpoch.Numbers, AlignmentEpoch.Numbers));

    // Rank 0 alone writes, and what it reads goes to all.
    private void Save(string checkpoint, RunIdentity identity)
    {
        if (_ranks is not { Writes: false }) TrainingCheckpoint.Save(checkpoint, identity, _optimizer.StepCount, State);
    }

    private void Restore(string checkpoint, RunIdentity identity)
    {
        if (_ranks is not { Writes: false }) TrainingCheckpoint.Restore(checkpoint, identity, State);
        _ranks?.FromFirst(State.Select(state => state.Values));
    }

    private (string, string) OptionsPart
    {
        get
        {
            using var stream = new MemoryStream();
            using (var writer = new Utf8JsonWriter(stream)) _options.WriteJson(writer);
            return (RunIdentity.Options, Encoding.UTF8.GetString(stream.ToArray()));
        }
    }

    private RunIdentity Identity()
    {
        return new RunIdentity([
            OptionsPart,
            ("objective settings", string.Join('+', _options.Objective.Terms.Select(term => term.Identity))),
            .. _data.Fingerprints(_ranks == null ? hash => hash : _ranks.Sum)]);
    }

    private (int[] Training, int[] HeldOut) Split(int[] paired)
    {
        int count = Math.Min(MostValidationPairs, (int)Math.Round(_options.ValidationFraction * paired.Length));
        if (_data.ValidationImages != null || count < FewestValidationPairs) return (paired, []);
        int[] shuffled = [.. paired];
        new RandomGenerator(_options.Seed).Split(0).Shuffle<int>(shuffled);
        return ([.. shuffled[count..].Order()], [.. shuffled[..count].Order()]);
    }

    // Rows without partners are held out only where there are no pairs to judge by; D_CS of fewer than so many says nothing.
    private (int[] Training, int[] HeldOut) SplitUnpaired(int rows, int others, ulong stream)
    {
        int[] all = [.. Enumerable.Range(0, rows)];
        int fewest = (int)Math.Round(_options.ValidationFraction * Math.Min(rows, others));
        int count = Math.Min(MostValidationPairs, (int)Math.Round(_options.ValidationFraction * all.Length));
        if (_pairedValidation || fewest < FewestValidationPairs) return (all, []);
        new RandomGenerator(_options.Seed).Split(0).Split(stream).Shuffle<int>(all);
        return ([.. all[count..].Order()], [.. all[..count].Order()]);
    }

    private int EpochsToTrain() =>
        !_options.Objective.Trains || IsLeftAtStart || !_image.Parameters.Concat(_text.Parameters).Any() ? 0
        : _options.EpochsFor(_trainingPairs, _batches.PerEpoch, judged: _validationImages.Length > 0);

    private void CheckPairs(int pairs)
    {
        if (pairs >= 2) return;
        if (_data.UnpairedImageCount < 2 || _data.UnpairedTextCount < 2)
            throw new InputException($"align: at least 2 pairs are needed to train on, or unpaired rows of both sides; got {pairs} pairs, "
                + $"{_data.UnpairedImageCount} unpaired images and {_data.UnpairedTextCount} unpaired texts");
        if (pairs > 0) return;
        if (_options.Objective.Trains && _options.Objective.Terms.All(term => term.NeedsPairs || term == ObjectiveTerms.Similarity))
            throw new InputException($"align: {_options.Objective} has nothing to bring two sets together without pairs; "
                + $"use a divergence such as {ObjectiveTerms.CauchySchwarz}, or give pairs");
        if (_data.Images.Width != _data.Texts.Width)
            throw new InputException(
                $"align: images of width {_data.Images.Width} and texts of width {_data.Texts.Width} come from different "
                + "spaces, and without pairs nothing says how these lie to each other; give pairs");
    }

    private Adapter Create(StartMap start, int width, bool trains, RandomGenerator random)
    {
        var options = trains && _options.Objective.Trains ? _options.Adapter : new AdapterOptions { Kind = IdentityAdapter.KindName };

        // A shift alone is the adapter's own, without the normalisation that follows a map.
        bool isShift = start.Weight is null;
        var adapter = options.Kinds.Create(options, isShift ? start.Shift : new Tensor(start.OutputWidth), width, random);
        if (!isShift) adapter.Start = start;
        return adapter;
    }

    // Rows of all ranks where they share them.
    private IRowSource Chosen(SampleFeatures features, int[] samples, Func<int, int> ownerOf)
    {
        if (_ranks == null || _data.Share == null) return new ChosenRows(features, samples);
        return new RankRowSource(samples, features.Width, part =>
            _ranks.Gather(part, ownerOf, own => new ChosenRows(features, own).ToTensor(), features.Width));
    }

    private static Tensor ToTensor(IRowSource source)
    {
        var rows = new Tensor(source.Rows, source.Width);
        source.Read(0, rows.Span);
        return rows;
    }

    // The rank that has a sample; see SharedBatch.
    private int OwnerOfImage(int sample) => OwnerOf(sample, _data.Pairing.Images, _data.UnpairedImageCount, image => image);

    private int OwnerOfText(int sample) =>
        OwnerOf(sample, _data.Pairing.Texts, _data.UnpairedTextCount, text => _data.Pairing.ImageOfText[text]);

    private int OwnerOf(int sample, int paired, int unpaired, Func<int, int> imageOf)
    {
        int ranks = _ranks!.Ranks.Size, free = sample - paired;
        return sample < paired ? RowRange.OwnerOf(imageOf(sample), _data.Pairing.Images, ranks)
            : free < unpaired ? RowRange.OwnerOf(free, unpaired, ranks)
            : RowRange.OwnerOf(free - unpaired, _data.ValidationImages!.Rows, ranks);
    }

    // An encoder keeps far more for the backward pass than an adapter.
    private static int DefaultChunk(ITrainableEncoder? encoder) => encoder == null ? int.MaxValue : EncoderChunk;
}
