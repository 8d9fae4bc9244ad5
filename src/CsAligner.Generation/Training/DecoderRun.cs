using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CsAligner.Generation.Decoders;
using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Generation.Training;

/// <summary>
/// The training of a decoder in a folder: a checkpoint every few minutes and when it is stopped; every so many pictures a line of progress,
/// a sheet of pictures, and the decoder as it is then.
/// </summary>
public sealed class DecoderRun
{
    /// <summary>The checkpoint's name in the folder.</summary>
    public const string CheckpointFile = "checkpoint.safetensors";

    /// <summary>The name of the file with a line for each preview.</summary>
    public const string ProgressFile = "progress.jsonl";

    private readonly string _folder;
    private readonly DecoderPreview _preview;
    private readonly List<DecoderProgress> _progress = [];

    /// <summary>Opens a run.</summary>
    /// <param name="recipe">The recipe to train.</param>
    /// <param name="training">Pictures to train on.</param>
    /// <param name="validation">Pictures to judge by.</param>
    /// <param name="encoder">The encoder of both.</param>
    /// <param name="folder">Where the run is kept; made if it does not exist.</param>
    /// <param name="resume">Go on from the folder's checkpoint, if there is one.</param>
    /// <param name="initial">Weights to begin a new run with instead of random ones.</param>
    /// <exception cref="InputException">The folder holds another run, or its files are damaged.</exception>
    public DecoderRun(
        DecoderRecipe recipe, IConditionedPictures training, IConditionedPictures validation, IImageEncoder encoder,
        string folder, bool resume, DiffusionDecoder? initial = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        (Recipe, _folder) = (recipe, folder);
        AtomicFile.CreateFolder(folder);
        AtomicFile.CleanFolder(folder);
        string checkpoint = Path.Combine(folder, CheckpointFile);
        bool found = File.Exists(checkpoint);
        if (found && !resume)
            throw new InputException(
                $"{folder}: already holds the training of a decoder; resume it, or start a new one in another folder.");
        _preview = new DecoderPreview(validation, encoder, recipe);
        Trainer = new DecoderTrainer(recipe, training, found ? null : initial);
        if (!found) return;
        Trainer.Restore(checkpoint);
        ReadProgress();
    }

    /// <summary>The model in training.</summary>
    public DecoderRecipe Recipe { get; }

    /// <summary>The training itself.</summary>
    public DecoderTrainer Trainer { get; }

    /// <summary>The lines of progress so far.</summary>
    public IReadOnlyList<DecoderProgress> Progress => _progress;

    /// <summary>The time between two checkpoints: the most work that a lost process loses.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Trains to the end, or until it is stopped; a checkpoint is written either way.</summary>
    /// <param name="report">Called after each step.</param>
    /// <param name="previewed">Called after each preview.</param>
    /// <param name="cancellation">Asks to stop after the present step.</param>
    /// <exception cref="OperationCanceledException">It was stopped; the checkpoint is written.</exception>
    public void Train(
        Action<DecoderStep>? report = null, Action<DecoderProgress>? previewed = null, CancellationToken cancellation = default)
    {
        var sinceCheckpoint = Stopwatch.StartNew();
        while (true)
        {
            bool isDue = PreviewIsDue;
            if (isDue || cancellation.IsCancellationRequested || sinceCheckpoint.Elapsed > CheckpointInterval)
            {
                if (isDue) Preview(previewed, cancellation);
                else Checkpoint();
                cancellation.ThrowIfCancellationRequested();
                sinceCheckpoint.Restart();
            }

            if (Trainer.Step >= Recipe.Steps) return;
            var step = Trainer.Advance();
            report?.Invoke(step);
        }
    }

    // Checked on disk, so that a run stopped during a preview makes it when it continues.
    private bool PreviewIsDue
    {
        get
        {
            long last = _progress.Count == 0 ? 0 : _progress[^1].Samples, now = Trainer.Samples;
            return now > last && (now / Recipe.PreviewSamples > last / Recipe.PreviewSamples || Trainer.Step >= Recipe.Steps);
        }
    }

    private void Preview(Action<DecoderProgress>? previewed, CancellationToken cancellation)
    {
        var decoder = Trainer.Averaged();
        DecoderProgress progress;
        byte[] sheet;
        try
        {
            (progress, sheet) = _preview.Take(decoder, Trainer.Samples, Trainer.MeanLoss, cancellation);
        }
        catch (OperationCanceledException)
        {
            Checkpoint();
            throw;
        }

        Trainer.ForgetLosses();
        _progress.Add(progress);
        AtomicFile.WriteAllBytes(
            Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"sheet-{Trainer.Samples:00000000}.png")), sheet);
        decoder.Save(_folder, ElementType.Float16);
        Checkpoint();
        previewed?.Invoke(progress);
    }

    private void Checkpoint()
    {
        var text = new StringBuilder();
        foreach (var line in _progress)
            text.Append(JsonSerializer.Serialize(line, DecoderProgressJson.Default.DecoderProgress)).Append('\n');
        AtomicFile.WriteAllText(Path.Combine(_folder, ProgressFile), text.ToString());
        Trainer.Save(Path.Combine(_folder, CheckpointFile));
    }

    // The lines may be newer than the checkpoint: what lies ahead of it will be written again.
    private void ReadProgress()
    {
        string path = Path.Combine(_folder, ProgressFile);
        if (!File.Exists(path)) return;
        try
        {
            foreach (string line in File.ReadLines(path))
            {
                if (JsonSerializer.Deserialize(line, DecoderProgressJson.Default.DecoderProgress) is { } progress
                    && progress.Samples <= Trainer.Samples)
                    _progress.Add(progress);
            }
        }
        catch (JsonException e)
        {
            throw new InputException(
                $"{path}: the progress lines are damaged ({e.Message.ReplaceLineEndings(" ")}); "
                + "remove the file to continue without them.", e);
        }
    }
}
