using System.Text.Json;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Studies.Sweeps;

/// <summary>Where a sweep's data comes from: a model and what it embeds, or features that are there.</summary>
internal sealed record SweepSources
{
    private static readonly RecipeKeys Keys = new(
        RecipeKeys.Text("model"),
        RecipeKeys.Text("text_model"),
        RecipeKeys.List("text_models", "texts", value => value.ValueKind == JsonValueKind.String),
        RecipeKeys.Text("pairs"),
        RecipeKeys.Text("validation"),
        RecipeKeys.List("tests", "texts", value => value.ValueKind == JsonValueKind.String),
        RecipeKeys.Text("images"),
        RecipeKeys.Text("texts"),
        RecipeKeys.Whole("folds"),
        RecipeKeys.Flag("tokens"),
        RecipeKeys.Flag("unseen_words"),
        RecipeKeys.Text("labels"),
        RecipeKeys.Object("pictures"));

    /// <summary>The CLIP that embeds <see cref="Pairs"/>, <see cref="Validation"/> and <see cref="Tests"/>;
    /// null if features are given.</summary>
    public string? Model { get; init; }

    /// <summary>Other encoders for the texts, the first for cases that name none; none for the model itself.</summary>
    public IReadOnlyList<string> TextModels { get; init; } = [];

    /// <summary>The training data, as in embed's --data.</summary>
    public string? Pairs { get; init; }

    /// <summary>The data to choose the best epoch on; null holds out a part of the pairs.</summary>
    public string? Validation { get; init; }

    /// <summary>The test data.</summary>
    public IReadOnlyList<string> Tests { get; init; } = [];

    /// <summary>Features of images, .npy or a feature set.</summary>
    public string? Images { get; init; }

    /// <summary>Features of texts, row i those of image i.</summary>
    public string? Texts { get; init; }

    /// <summary>Contiguous folds of <see cref="Images"/>: each is the test once.</summary>
    public int Folds { get; init; }

    /// <summary>Whether tokens are embedded too.</summary>
    public bool Tokens { get; init; }

    /// <summary>Whether texts none of whose words is in a training caption are judged apart.</summary>
    public bool UnseenWords { get; init; }

    /// <summary>A file with the labels of samples of the tests; null if there are none.</summary>
    public string? Labels { get; init; }

    /// <summary>Pictures that are made of the tests' names; null makes none.</summary>
    public DrawnOptions? Pictures { get; init; }

    public static SweepSources Read(string path, JsonElement data)
    {
        Keys.Check(path, "\"data\"", data);
        var sources = new SweepSources
        {
            Model = Text("model"),
            TextModels = data.TryGetProperty("text_models", out var models)
                ? [.. models.EnumerateArray().Select(model => model.GetString()!)]
                : Text("text_model") is { } model ? [model] : [],
            Pairs = Text("pairs"),
            Validation = Text("validation"),
            Labels = Text("labels"),
            Tests = data.TryGetProperty("tests", out var tests) ? [.. tests.EnumerateArray().Select(test => test.GetString()!)] : [],
            Images = Text("images"),
            Texts = Text("texts"),
            Folds = data.TryGetProperty("folds", out var folds) ? LenientJson.TryGetWhole(folds, out long whole) && whole is >= 0
                and <= int.MaxValue ? (int)whole : folds.GetInt32() : 0,
            UnseenWords = data.TryGetProperty("unseen_words", out var unseen) && unseen.GetBoolean(),
            Pictures = data.TryGetProperty("pictures", out var pictures) ? DrawnOptions.Read(path, pictures) : null,
            Tokens = data.TryGetProperty("tokens", out var tokens) && tokens.GetBoolean(),
        };
        bool embedded = sources is { Model: not null, Pairs: not null, Tests.Count: > 0, Images: null, Texts: null, Folds: 0 };
        bool given = sources is
        {
            Images: not null, Texts: not null, Folds: >= 2, Model: null, Pairs: null, Validation: null,
            Tests.Count: 0, Tokens: false
        };
        if (given && (sources.Labels is not null || sources.Pictures is not null))
        {
            string key = sources.Labels is null ? "pictures" : "labels";
            throw new InputException(
                $"{path}: \"{key}\" are of tests that a model embeds; leave them out with images, texts and folds");
        }

        return embedded || given
            ? sources
            : throw new InputException(
                $"{path}: \"data\" must have either model, pairs and tests, or images, texts and folds of 2 or more");

        string? Text(string key) => data.TryGetProperty(key, out var value) ? value.GetString() : null;
    }
}
