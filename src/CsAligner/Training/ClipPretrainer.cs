using CsAligner.Models;
using CsAligner.Objectives;
using CsAligner.Ranks;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;
using CsAligner.Tensors.Optimizers;
using CsAligner.Tokenizers;

namespace CsAligner.Training;

/// <summary>
/// Trains a CLIP from its random start with symmetric InfoNCE. Everything a step draws comes from the seed and the
/// step's number, so that a run cut off at any step and resumed from its checkpoint ends with the same bits.
/// </summary>
public sealed class ClipPretrainer
{
    private readonly PretrainRecipe _recipe;
    private readonly IImageTextPairs _pairs;
    private readonly ClipTokenizer _tokenizer;
    private readonly AdamW _optimizer;
    private readonly CosineSchedule _schedule;
    private readonly CaptionBatches _batches;
    private readonly int _chunkSize;
    private readonly TrainingRanks? _ranks;

    // Of the batch, the pairs that this process encodes.
    private readonly RowRange _own;

    // State of the current step.
    private readonly byte[] _rgb;
    private readonly string[] _captions;
    private readonly TokenBatch _texts;

    // The sum and number of losses since the last mean: part of the checkpoint, so that the log continues.
    private readonly Tensor _losses = new(2);
    private List<int[]> _epoch = [];
    private int _epochNumber = -1;

    /// <summary>A run at its start.</summary>
    /// <param name="recipe">The recipe to train.</param>
    /// <param name="pairs">The training data, at least one batch of it.</param>
    /// <param name="tokenizer">The tokenizer that ships with the model.</param>
    /// <exception cref="InputException">There are fewer pairs than a batch needs.</exception>
    public ClipPretrainer(PretrainRecipe recipe, IImageTextPairs pairs, ClipTokenizer tokenizer)
        : this(recipe, pairs, tokenizer, null)
    {
    }

    /// <summary>A run at its start, shared by ranks: each encodes its part of every batch, the loss is that of the whole.</summary>
    /// <param name="recipe">The recipe to train; the same on all ranks.</param>
    /// <param name="pairs">The training data, the same on all ranks.</param>
    /// <param name="tokenizer">The tokenizer that ships with the model.</param>
    /// <param name="ranks">The ranks; null for this process alone.</param>
    /// <exception cref="InputException">There are fewer pairs than a batch needs, or fewer in a batch than ranks.</exception>
    public ClipPretrainer(PretrainRecipe recipe, IImageTextPairs pairs, ClipTokenizer tokenizer, ICommunicator? ranks)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentNullException.ThrowIfNull(tokenizer);
        if (pairs.Count < recipe.BatchSize)
            throw new InputException($"Pretraining needs at least one batch of {recipe.BatchSize} pairs, the data has {pairs.Count}; lower "
                + "batch_size or add data.");
        if (recipe.BatchSize < ranks?.Size)
            throw new InputException($"Pretraining on {ranks.Size} ranks needs a batch of at least as many pairs, got {recipe.BatchSize}; "
                + "raise batch_size or start fewer.");
        (_recipe, _pairs, _tokenizer) = (recipe, pairs, tokenizer);
        _ranks = ranks == null ? null : new TrainingRanks(ranks, RowExchange.Gather);
        _own = RowRange.Of(recipe.BatchSize, ranks?.Rank ?? 0, ranks?.Size ?? 1);
        Model = ClipModel.Create(recipe.ToConfig(tokenizer.VocabularySize, tokenizer.EndId), new RandomGenerator(recipe.Seed));
        Model.RequireGrad(true);
        Preprocessing = new ImagePreprocessing(recipe.ImageSize, ImagePreprocessing.ClipMean, ImagePreprocessing.ClipDeviation);
        _optimizer = new AdamW(Model.NamedTensors, new AdamWOptions { WeightDecay = (float)recipe.WeightDecay });
        _schedule = new CosineSchedule(recipe.LearningRate, recipe.WarmupSteps, recipe.Steps);
        _batches = new CaptionBatches(pairs, recipe.BatchSize, recipe.Seed, recipe.ColouredRepeats);
        _chunkSize = Math.Min(_own.Count, recipe.ChunkSize ?? recipe.BatchSize);
        _captions = new string[recipe.BatchSize];
        _texts = new TokenBatch(recipe.BatchSize, recipe.ContextLength);
        _rgb = new byte[_chunkSize * 3 * recipe.ImageSize * recipe.ImageSize];
    }

    /// <summary>The model being trained.</summary>
    public ClipModel Model { get; }

    /// <summary>How the model wants its images prepared.</summary>
    public ImagePreprocessing Preprocessing { get; }

    /// <summary>Steps done, 0 to the recipe's.</summary>
    public int Step => (int)_optimizer.StepCount;

    /// <summary>Pairs in an epoch of full batches.</summary>
    public int PairsPerEpoch => _batches.PerEpoch * _recipe.BatchSize;

    /// <summary>One step of the optimizer on the next batch.</summary>
    /// <returns>The step's loss and what else there is to log.</returns>
    /// <exception cref="InputException">The loss is no longer a finite number.</exception>
    public PretrainStep Advance()
    {
        int[] batch = NextBatch();
        var random = new RandomGenerator(_recipe.Seed).Split((ulong)Step + (1UL << 40));
        for (int i = 0; i < batch.Length; i++) _captions[i] = PickCaption(batch[i], random);
        _tokenizer.Encode(_captions, _texts);
        float[] zooms = DrawZooms(batch.Length, random);

        double loss;
        int first = _own.First;
        using (var tape = new Tape())
        {
            var images = tape.InChunks(_own.Count, _chunkSize, true, (part, start, count) =>
                part.Normalize(
                    Model.Vision.Encode(part,
                        LoadImages(part, batch.AsSpan(first + start, count), zooms.AsSpan(3 * (first + start), 3 * count)))));
            var captions = tape.InChunks(_own.Count, _chunkSize, true, (part, start, count) =>
                part.Normalize(Model.Text.Encode(part, _texts.Slice(first + start, count))));
            var infoNce = _ranks == null
                ? tape.InfoNceLoss(images, captions, Model.LogLogitScale)
                : _ranks.InfoNce(tape, images, captions, Model.LogLogitScale, batch.Length);
            loss = infoNce.Item;
            if (!double.IsFinite(loss))
                throw new InputException($"Pretraining diverged at step {Step + 1}: the loss is {loss}; lower learning_rate or raise "
                    + "warmup_steps and start again.");
            tape.Backward(infoNce);
        }

        _ranks?.AddGradients(Model.NamedTensors.Select(tensor => tensor.Values).Where(values => values != Model.LogLogitScale));

        double rate = _schedule.At(Step);
        double norm = _optimizer.Step(rate, _recipe.MaxGradNorm);
        InfoNce.Clamp(Model.LogLogitScale);
        _losses.Span[0] += (float)loss;
        _losses.Span[1]++;
        return new PretrainStep(Step, loss, Math.Exp(Model.LogLogitScale.Item), rate, norm);
    }

    /// <summary>The mean loss of the steps since this was last asked for; NaN where there was none.</summary>
    public double TakeMeanLoss()
    {
        double mean = _losses.Span[0] / _losses.Span[1];
        _losses.Span.Clear();
        return mean;
    }

    /// <summary>Writes weights, moments and position to one file, atomically.</summary>
    /// <param name="path">The checkpoint; an older one is replaced only once the new one is whole.</param>
    public void Save(string path)
    {
        _ranks?.CheckWeights(Model.NamedTensors.Select(tensor => tensor.Values));
        if (_ranks is not { Writes: false }) TrainingCheckpoint.Save(path, Identity, Step, State);
    }

    /// <summary>Goes on where a checkpoint was written.</summary>
    /// <param name="path">A file of <see cref="Save"/>.</param>
    /// <exception cref="InputException">It is damaged or belongs to another recipe.</exception>
    public void Restore(string path)
    {
        long step = _ranks is { Writes: false } ? 0 : TrainingCheckpoint.Restore(path, Identity, State);
        _ranks?.FromFirst(State.Select(state => state.Values));
        _optimizer.StepCount = _ranks?.FromFirst(step) ?? step;
    }

    /// <summary>Refuses ranks with another recipe or other data than rank 0.</summary>
    internal void CheckRanks() => _ranks?.CheckSame(new RunIdentity([.. Identity.Parts, ("data", DataText())]));

    /// <summary>Whether any rank is to stop, and whether rank 0 wants a checkpoint.</summary>
    internal (bool Stop, bool Save) Agree(bool stop, bool save) => _ranks?.Agree(stop, save) ?? (stop, save);

    private RunIdentity Identity => new(_recipe.ToJson());

    // Of a few pairs: what is another data set differs in these, too.
    private string DataText() => string.Join('\n', Enumerable.Range(0, _pairs.Count).Where(i => i % Math.Max(1, _pairs.Count / 1000) == 0)
        .SelectMany(_pairs.Captions).Prepend($"{_pairs.Count}"));

    private IEnumerable<(string Name, Tensor Values)> State => [.. Model.NamedTensors, .. _optimizer.State, ("losses", _losses)];

    private int[] NextBatch()
    {
        int epoch = Step / _batches.PerEpoch;
        if (epoch != _epochNumber) (_epoch, _epochNumber) = (_batches.Epoch(epoch), epoch);
        return _epoch[Step % _batches.PerEpoch];
    }

    private string PickCaption(int index, RandomGenerator random)
    {
        var captions = _pairs.Captions(index);
        bool alternative = random.NextDouble() < _recipe.AlternativeCaptions;
        int choice = random.Next(Math.Max(1, captions.Count - 1));
        return alternative && captions.Count > 1 ? captions[1 + choice] : captions[0];
    }

    // Scale, shift to the right and shift down in pixels, for each image.
    private float[] DrawZooms(int images, RandomGenerator random)
    {
        var zooms = new float[3 * images];
        for (int i = 0; i < images; i++)
        {
            zooms[3 * i] = (float)(1 + (_recipe.Zoom * ((2 * random.NextDouble()) - 1)));
            zooms[(3 * i) + 1] = (float)(_recipe.Shift * _recipe.ImageSize * ((2 * random.NextDouble()) - 1));
            zooms[(3 * i) + 2] = (float)(_recipe.Shift * _recipe.ImageSize * ((2 * random.NextDouble()) - 1));
        }

        return zooms;
    }

    private Tensor LoadImages(Tape tape, ReadOnlySpan<int> chunk, ReadOnlySpan<float> zooms)
    {
        int size = 3 * _recipe.ImageSize * _recipe.ImageSize;
        for (int i = 0; i < chunk.Length; i++) _pairs.ReadImage(chunk[i], _rgb.AsSpan(i * size, size));
        var pixels = tape.Rent([chunk.Length, 3, _recipe.ImageSize, _recipe.ImageSize]);
        Preprocessing.ZoomAndNormalize(_rgb.AsSpan(0, chunk.Length * size), pixels, zooms);
        return pixels;
    }
}
