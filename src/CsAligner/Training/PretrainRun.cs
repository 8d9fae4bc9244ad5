using System.Diagnostics;
using System.Text;
using System.Text.Json;
using CsAligner.Models;
using CsAligner.Ranks;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Tokenizers;

namespace CsAligner.Training;

/// <summary>
/// A pretraining run in a folder: learns the vocabulary, trains, writes a checkpoint every few minutes and when it is
/// stopped, and in the end the model in Hugging Face's layout.
/// </summary>
public sealed class PretrainRun
{
    private const string CheckpointFile = "checkpoint.safetensors";
    private const string LogFile = "training-log.jsonl";
    private const int StepsPerLogLine = 20;

    private readonly string _folder;
    private readonly List<PretrainStep> _log = [];
    private readonly ICommunicator? _ranks;

    /// <summary>Opens a run.</summary>
    /// <param name="recipe">The recipe to train.</param>
    /// <param name="pairs">The training data.</param>
    /// <param name="folder">Where it is kept; made if it does not exist.</param>
    /// <param name="resume">Go on from the folder's checkpoint, if there is one.</param>
    /// <exception cref="InputException">The folder holds another run, or its files are damaged.</exception>
    public PretrainRun(PretrainRecipe recipe, IImageTextPairs pairs, string folder, bool resume)
        : this(recipe, pairs, folder, resume, null)
    {
    }

    /// <summary>Opens a run that ranks share; rank 0 alone writes.</summary>
    /// <param name="recipe">The recipe to train; the same on all ranks.</param>
    /// <param name="pairs">The training data, the same on all ranks.</param>
    /// <param name="folder">Where it is kept, on rank 0; made if it does not exist.</param>
    /// <param name="resume">Go on from the folder's checkpoint, if there is one.</param>
    /// <param name="ranks">The ranks; null for this process alone.</param>
    /// <exception cref="InputException">The folder holds another run, its files are damaged, or ranks differ.</exception>
    public PretrainRun(PretrainRecipe recipe, IImageTextPairs pairs, string folder, bool resume, ICommunicator? ranks)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(pairs);
        (Recipe, _folder, _ranks) = (recipe, folder, ranks);
        if (Writes)
        {
            AtomicFile.CreateFolder(folder);
            AtomicFile.CleanFolder(folder);
        }

        string checkpoint = Path.Combine(folder, CheckpointFile);
        Span<byte> state = [(byte)(File.Exists(checkpoint) ? 1 : 0)];
        ranks?.Broadcast(state, 0);
        bool found = state[0] == 1;
        if (found && !resume)
            throw new InputException($"{folder}: already holds a pretraining run; resume it, or choose another folder.");

        // The other ranks learn the same vocabulary: their machines may not see the folder.
        BpeVocabulary? learnt = found && Writes ? null : LearnVocabulary(pairs);
        if (Writes) learnt?.Write(folder);
        Tokenizer = Writes ? ClipTokenizer.Load(folder) : new ClipTokenizer(learnt!);
        Trainer = new ClipPretrainer(recipe, pairs, Tokenizer, ranks);
        Trainer.CheckRanks();
        if (!found) return;
        Trainer.Restore(checkpoint);
        if (Writes) ReadLog();
    }

    /// <summary>The model in training.</summary>
    public PretrainRecipe Recipe { get; }

    /// <summary>The tokenizer learned from the captions.</summary>
    public ClipTokenizer Tokenizer { get; }

    /// <summary>The training itself.</summary>
    public ClipPretrainer Trainer { get; }

    /// <summary>The time between two checkpoints: the most work that a lost process loses.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Trains to the end, or until it is stopped; a checkpoint is written either way.</summary>
    /// <param name="report">Called after each step.</param>
    /// <param name="cancellation">Asks to stop after the present step.</param>
    /// <exception cref="OperationCanceledException">It was stopped; the checkpoint is written.</exception>
    public void Train(Action<PretrainStep>? report = null, CancellationToken cancellation = default)
    {
        var sinceCheckpoint = Stopwatch.StartNew();
        while (Trainer.Step < Recipe.Steps)
        {
            var (stop, save) = Trainer.Agree(cancellation.IsCancellationRequested, sinceCheckpoint.Elapsed > CheckpointInterval);
            if (stop || save)
            {
                Checkpoint();

                // Rank 0 has written before others end.
                _ranks?.Barrier();
                if (stop) throw new OperationCanceledException(cancellation);
                sinceCheckpoint.Restart();
            }

            var step = Trainer.Advance();
            if (step.Step % StepsPerLogLine == 0 || step.Step == Recipe.Steps) _log.Add(step with { Loss = Trainer.TakeMeanLoss() });
            report?.Invoke(step);
        }

        Checkpoint();
        if (!Writes) return;
        Trainer.Model.Save(_folder, ElementType.Float16);
        AtomicFile.WriteAllText(Path.Combine(_folder, ImagePreprocessing.FileName), Trainer.Preprocessing.ToJson());
    }

    private bool Writes => _ranks is not { Rank: > 0 };

    private BpeVocabulary LearnVocabulary(IImageTextPairs pairs)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        for (int i = 0; i < pairs.Count; i++)
        {
            foreach (string caption in pairs.Captions(i)) counts[caption] = counts.GetValueOrDefault(caption) + 1;
        }

        return BpeTrainer.Train(counts, Recipe.VocabularySize);
    }

    private void Checkpoint()
    {
        if (!Writes)
        {
            Trainer.Save(Path.Combine(_folder, CheckpointFile));
            return;
        }

        var text = new StringBuilder();
        foreach (var step in _log) text.Append(JsonSerializer.Serialize(step, LogJson.Default.PretrainStep)).Append('\n');
        AtomicFile.WriteAllText(Path.Combine(_folder, LogFile), text.ToString());
        Trainer.Save(Path.Combine(_folder, CheckpointFile));
    }

    // The log may be newer than the checkpoint: what lies ahead of it will be written again.
    private void ReadLog()
    {
        string path = Path.Combine(_folder, LogFile);
        if (!File.Exists(path)) return;
        try
        {
            foreach (string line in File.ReadLines(path))
            {
                if (JsonSerializer.Deserialize(line, LogJson.Default.PretrainStep) is { } step && step.Step <= Trainer.Step) _log.Add(step);
            }
        }
        catch (JsonException e)
        {
            throw new InputException(
                $"{path}: the training log is damaged ({e.Message.ReplaceLineEndings(" ")}); remove it to continue without it.", e);
        }
    }
}
