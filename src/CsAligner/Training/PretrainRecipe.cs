using System.Text.Json;
using System.Text.Json.Serialization;
using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Training;

/// <summary>
/// Everything that decides what a pretraining run computes: one JSON file in recipes/, snake_case keys, none other
/// allowed. Optional keys have setters, because generated JSON code cannot leave an init-only property at its default.
/// </summary>
public sealed record PretrainRecipe
{
    /// <summary>The model's name, used in its card.</summary>
    public required string Name { get; init; }

    /// <summary>Seeds the weights, the order and the augmentation.</summary>
    public ulong Seed { get; set; }

    /// <summary>Width of the shared space, 1 to 4096.</summary>
    public int ProjectionWidth { get; set; } = 192;

    /// <summary>The side of the square input in pixels, 8 to 1024; a multiple of <see cref="PatchSize"/>.</summary>
    public int ImageSize { get; set; } = 64;

    /// <summary>The side of a patch in pixels, 1 to 256.</summary>
    public int PatchSize { get; set; } = 16;

    /// <summary>The most tokens of a text, begin and end included, 4 to 1024.</summary>
    public int ContextLength { get; set; } = 16;

    /// <summary>Entries of the token table that is learned from the captions, 514 to 65536.</summary>
    public int VocabularySize { get; set; } = 4096;

    /// <summary>The vision tower.</summary>
    public required TowerRecipe Vision { get; init; }

    /// <summary>The text tower.</summary>
    public required TowerRecipe Text { get; init; }

    /// <summary>Pairs in a step, 2 to 65536.</summary>
    public int BatchSize { get; set; } = 512;

    /// <summary>
    /// The most pairs that go through the towers at once, 1 or more; left out: all of a step. A step of more is the same to rounding, needs
    /// memory for so many pairs only, and runs the towers forward twice (gradient caching).
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? ChunkSize { get; set; }

    /// <summary>Steps of the whole run, 1 or more.</summary>
    public required int Steps { get; init; }

    /// <summary>Steps over which the learning rate rises, 0 to <see cref="Steps"/>.</summary>
    public int WarmupSteps { get; set; } = 100;

    /// <summary>The peak learning rate, above 0 and at most 1.</summary>
    public double LearningRate { get; set; } = 1e-3;

    /// <summary>AdamW's weight decay, 0 to 10.</summary>
    public double WeightDecay { get; set; } = 0.1;

    /// <summary>Gradients are clipped together to this norm, above 0.</summary>
    public double MaxGradNorm { get; set; } = 1;

    /// <summary>InfoNCE's temperature at the start, 0.01 to 10; it is learned, and never falls below 0.01.</summary>
    public double Temperature { get; set; } = 0.07;

    /// <summary>The chance that a step shows an alternative caption instead of the main one, 0 to 1.</summary>
    public double AlternativeCaptions { get; set; } = 0.25;

    /// <summary>How often an epoch shows an image that has colours, 1 to 100: they are few among icons, and harder.</summary>
    public int ColouredRepeats { get; set; } = 1;

    /// <summary>Images are scaled by a factor between 1 - this and 1 + this, 0 to 0.5.</summary>
    public double Zoom { get; set; } = 0.1;

    /// <summary>Images are moved by at most this share of their side, 0 to 0.5.</summary>
    public double Shift { get; set; } = 0.05;

    /// <summary>Reads and checks a recipe.</summary>
    /// <param name="path">A JSON file.</param>
    /// <exception cref="InputException">The file is missing, is not JSON, has an unknown key, lacks one,
    /// or a value is out of its range.</exception>
    public static PretrainRecipe Read(string path)
    {
        if (!File.Exists(path)) throw new InputException($"{path}: no such recipe; recipes/ has those of the published models.");
        PretrainRecipe recipe = StrictJson.Read(path, RecipeJson.Default.PretrainRecipe);
        recipe.Validate(path);
        return recipe;
    }

    /// <summary>The recipe as JSON, indented.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, RecipeJson.Default.PretrainRecipe);

    /// <summary>The model that the recipe describes.</summary>
    /// <param name="vocabularySize">The size of the trained vocabulary.</param>
    /// <param name="endToken">The id of its end token.</param>
    public ClipConfig ToConfig(int vocabularySize, int endToken) => new()
    {
        ProjectionWidth = ProjectionWidth,
        Text = Text.ToConfig(),
        Vision = Vision.ToConfig(),
        VocabularySize = vocabularySize,
        ContextLength = ContextLength,
        EndToken = endToken,
        ImageSize = ImageSize,
        PatchSize = PatchSize,
        LogitScaleInit = (float)-Math.Log(Temperature),
    };

    private void Validate(string path)
    {
        Check(ProjectionWidth is >= 1 and <= 4096, "projection_width", "1 to 4096");
        Check(ImageSize is >= 8 and <= 1024 && ImageSize % Math.Max(1, PatchSize) == 0, "image_size",
            "8 to 1024, a multiple of patch_size");
        Check(PatchSize is >= 1 and <= 256, "patch_size", "1 to 256");
        Check(ContextLength is >= 4 and <= 1024, "context_length", "4 to 1024");
        Check(VocabularySize is >= 514 and <= 65536, "vocabulary_size", "514 to 65536");
        Check(Vision is { IsValid: true }, "vision", "width 1 to 4096 and a multiple of heads, layers 1 to 64");
        Check(Text is { IsValid: true }, "text", "width 1 to 4096 and a multiple of heads, layers 1 to 64");
        Check(BatchSize is >= 2 and <= 65536, "batch_size", "2 to 65536");
        Check(ChunkSize is null or >= 1, "chunk_size", "1 or more");
        Check(Steps >= 1, "steps", "1 or more");
        Check(WarmupSteps >= 0 && WarmupSteps <= Steps, "warmup_steps", "0 to steps");
        Check(LearningRate is > 0 and <= 1, "learning_rate", "above 0 and at most 1");
        Check(WeightDecay is >= 0 and <= 10, "weight_decay", "0 to 10");
        Check(MaxGradNorm > 0 && double.IsFinite(MaxGradNorm), "max_grad_norm", "above 0");
        Check(Temperature is >= 0.01 and <= 10, "temperature", "0.01 to 10");
        Check(AlternativeCaptions is >= 0 and <= 1, "alternative_captions", "0 to 1");
        Check(ColouredRepeats is >= 1 and <= 100, "coloured_repeats", "1 to 100");
        Check(Zoom is >= 0 and <= 0.5, "zoom", "0 to 0.5");
        Check(Shift is >= 0 and <= 0.5, "shift", "0 to 0.5");

        void Check(bool valid, string key, string range)
        {
            if (!valid) throw new InputException($"{path}: \"{key}\" is out of range; expected {range}.");
        }
    }
}
