using System.Text.Json;
using CsAligner.Retrieval;
using CsAligner.Search;
using CsAligner.Search.Filters;
using CsAligner.Search.Items;
using CsAligner.Search.Queries;
using CsAligner.Server.Encoding;
using CsAligner.Server.Requests;
using CsAligner.Server.Surveys;
using CsAligner.Tensors;
using Microsoft.AspNetCore.Http;

namespace CsAligner.Server.Queries;

/// <summary>A search as a request asks for it: words, pictures and items that it is about, and those that it keeps away from.</summary>
internal sealed class SpaceQuery
{
    public const int MostParts = 16, MostPictures = 4;

    /// <summary>The fields of a request.</summary>
    public static readonly string[] Fields =
        ["q", "image", "like", "vector", "without", "without_like", "find", "top", "offset", "min_score", "filter", "exact"];

    private readonly string[] _words, _like, _without, _withoutLike;
    private readonly List<byte[]> _pictures;
    private readonly float[]? _vector;
    private readonly RowKind? _find;
    private readonly ScoreCutoff? _cutoff;
    private readonly ItemFilter? _filter;
    private readonly bool _exact;

    /// <summary>Reads it.</summary>
    /// <exception cref="InputException">It asks for nothing, or for something that there is not.</exception>
    public SpaceQuery(RequestFields fields)
    {
        _words = Filled("q");
        (_like, _without, _withoutLike) = (Filled("like"), Filled("without"), Filled("without_like"));
        _pictures = fields.Pictures;
        _vector = fields.Json("vector") is { } vector ? RequestFields.Vector(vector, "vector") : null;
        if (_words.Length + _like.Length + _pictures.Count == 0 && _vector is null)
            throw new RequestException(StatusCodes.Status400BadRequest, "nothing to search for: give q, image, like or vector");
        if (_words.Length + _like.Length + _without.Length + _withoutLike.Length > MostParts)
            throw RequestFields.Unread($"a query has at most {MostParts} words, items and things to keep away from");
        _find = fields.Choice("find", "both", "images", "texts") switch { "images" => RowKind.Image, "texts" => RowKind.Text, _ => null };
        Top = fields.Number("top", 10, 1, 1_000);
        Offset = fields.Number("offset", 0, 0, SearchQuery.MostHits - Top);
        _cutoff = fields.NumberOrWord("min_score") is { } score ? ScoreCutoff.Parse(score) : null;
        _filter = fields.Json("filter") is { } filter ? FilterJson.Read(filter) : null;
        _exact = fields.Flag("exact");

        string[] Filled(string name) => [.. fields.Texts(name).Where(text => !string.IsNullOrWhiteSpace(text))];
    }

    /// <summary>Hits on a page.</summary>
    public int Top { get; }

    /// <summary>Hits before it.</summary>
    public int Offset { get; }

    /// <summary>Its vector.</summary>
    /// <exception cref="InputException">A part cannot be embedded, or parts cancel each other.</exception>
    public async Task<float[]> EmbedAsync(ISearchIndex index, QueryEncoder encoder, CancellationToken cancellation)
    {
        // All at once: they share a batch of the model.
        Task<float[]>[] parts =
        [
            .. _words.Select(words => encoder.WordsAsync(words, cancellation)),
            .. _pictures.Select(picture => encoder.PictureAsync(picture, cancellation)),
        ];
        Task<float[]>[] away = [.. _without.Select(words => encoder.WordsAsync(words, cancellation))];
        await Task.WhenAll([.. parts, .. away]);
        var items = await ItemsAsync(index, [.. _like, .. _withoutLike], cancellation);
        if (_vector is not null && _vector.Length != index.Width)
            throw RequestFields.Unread($"'vector': expected {index.Width} numbers, got {_vector.Length}");
        Tensor[] asked = [.. parts.Select(part => Row(part.Result)), .. _like.Select(id => Row(items[id])),
            .. _vector is null ? [] : (Tensor[])[Row(_vector)]];
        float[][] unwanted = [.. away.Select(row => row.Result), .. _withoutLike.Select(id => items[id].ToArray())];
        try
        {
            Tensor query = MixedQuery.Mean(asked);
            if (unwanted.Length > 0)
                query = MixedQuery.Without(query, Tensor.From([.. unwanted.SelectMany(row => row)], unwanted.Length, query.Width));
            return query.Span.ToArray();
        }
        catch (InputException failure)
        {
            throw new RequestException(StatusCodes.Status422UnprocessableEntity,
                failure.Message.Replace("query 0: ", "the query: ", StringComparison.Ordinal), failure);
        }
    }

    /// <summary>Finds what is on its page, and whether there is more.</summary>
    public async Task<SearchAnswer> FindAsync(ISearchIndex index, float[] vector, SurveyKeeper surveys, CancellationToken cancellation)
    {
        var query = new SearchQuery
        {
            Vector = vector,
            Find = _find,
            Top = Math.Min(Offset + Top + 1, SearchQuery.MostHits),
            Filter = _filter,
            MinScore = _cutoff?.Score,
            Except = _like,
            Exact = _exact,
        };
        if (_cutoff is not { Score: null }) return await index.SearchAsync(query, cancellation);

        // Each kind has its own distribution of scores, so its own cutoff.
        Surveyed surveyed = await surveys.GetAsync(cancellation);
        SearchAnswer[] answers = await Task.WhenAll(Enum.GetValues<RowKind>().Where(kind => (_find ?? kind) == kind).Select(kind =>
            index.SearchAsync(query with { Find = kind, MinScore = surveyed.Survey.Cutoff(vector, kind) }, cancellation)));
        SearchHit[] hits =
        [
            .. answers.SelectMany(answer => answer.Hits).OrderByDescending(hit => hit.Score).ThenBy(hit => hit.Item.Id, IdOrder.Instance)
                .Take(query.Top),
        ];
        return new SearchAnswer(hits, answers.All(answer => answer.Exact), answers.Any(answer => answer.Partial));
    }

    private static async Task<Dictionary<string, ReadOnlyMemory<float>>> ItemsAsync(ISearchIndex index, string[] ids,
        CancellationToken cancellation)
    {
        if (ids.Length == 0) return [];
        IReadOnlyList<SearchItem> items = await index.GetAsync(ids, cancellation);
        var vectors = items.ToDictionary(item => item.Id, item => item.Vector, StringComparer.Ordinal);
        return Array.Find(ids, id => !vectors.ContainsKey(id)) is { } missing
            ? throw new RequestException(StatusCodes.Status404NotFound, $"there is no item '{RequestFields.Short(missing)}' in the index")
            : vectors;
    }

    private static Tensor Row(ReadOnlyMemory<float> values) => Tensor.From(values.Span, 1, values.Length);
}
