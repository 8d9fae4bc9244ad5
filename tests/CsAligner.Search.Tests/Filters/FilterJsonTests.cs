using CsAligner.Search.Filters;
using CsAligner.Search.Items;
using CsAligner.Tensors;

namespace CsAligner.Search.Tests.Filters;

public sealed class FilterJsonTests
{
    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("[]", "a list")]
    [InlineData("null", "null")]
    [InlineData("{}", "an empty object")]
    [InlineData("""{"colour": "red"}""", "colour")]
    [InlineData("""{"attribute": "a"}""", "nothing beside it")]
    [InlineData("""{"attribute": 1, "equals": 1}""", "attribute, equals")]
    [InlineData("""{"attribute": "", "equals": 1}""", "got 0")]
    [InlineData("""{"attribute": "a", "equals": true}""", "true or false")]
    [InlineData("""{"attribute": "a", "equals": null}""", "null")]
    [InlineData("""{"attribute": "a", "equals": [1]}""", "a list")]
    [InlineData("""{"attribute": "a", "equals": 1e999}""", "finite")]
    [InlineData("""{"attribute": "a", "in": []}""", "at least one value")]
    [InlineData("""{"attribute": "a", "in": 1}""", "a number")]
    [InlineData("""{"attribute": "a", "gte": "1"}""", "a text")]
    [InlineData("""{"attribute": "a", "gte": 1, "equals": 2}""", "gte, equals")]
    [InlineData("""{"attribute": "a", "lt": -1e999}""", "finite")]
    [InlineData("""{"attribute": "a", "equals": 1, "equals": 2}""", "not JSON")]
    [InlineData("""{"all": {}}""", "an object")]
    [InlineData("""{"all": [1]}""", "a number")]
    [InlineData("""{"not": []}""", "a list")]
    [InlineData("""{"all": [], "any": []}""", "all, any")]
    [InlineData("""{"attribute": "a", "equals": "\uD83D"}""", "surrogate")]
    [InlineData("""{"attribute": "a\u0000", "equals": 1}""", "NUL")]
    [InlineData("""{"attribute": "a", "equals": "\u0000"}""", "NUL")]
    public void What_is_no_filter_is_refused_in_one_line(string json, string says)
    {
        var refused = Assert.Throws<InputException>(() => FilterJson.Parse(json));
        Assert.StartsWith("filter", refused.Message, StringComparison.Ordinal);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public void A_filter_beyond_measure_is_refused()
    {
        string Nested(int depth) => string.Concat(Enumerable.Repeat("{\"not\": ", depth)) + "{\"all\": []}" + new string('}', depth);
        Assert.NotNull(FilterJson.Parse(Nested(31)));
        foreach (int depth in (int[])[32, 60, 100, 100_000]) Assert.Throws<InputException>(() => FilterJson.Parse(Nested(depth)));
        string many = string.Join(',', Enumerable.Range(0, 1001));
        Assert.Throws<InputException>(() => FilterJson.Parse($"{{\"attribute\": \"a\", \"in\": [{many}]}}"));
        string part = "{\"attribute\": \"a\", \"in\": [" + string.Join(',', Enumerable.Range(0, 600)) + "]}";
        Assert.Throws<InputException>(() => FilterJson.Parse($"{{\"any\": [{part}, {part}]}}"));
    }

    [Fact]
    public void A_number_is_no_text_and_what_is_missing_is_false()
    {
        var attributes = new Dictionary<string, AttributeValue> { ["n"] = 1, ["t"] = "1", ["zero"] = -0.0 };
        Assert.True(ItemFilter.EqualTo("n", 1).Matches(attributes));
        Assert.False(ItemFilter.EqualTo("n", "1").Matches(attributes));
        Assert.False(ItemFilter.EqualTo("t", 1).Matches(attributes));
        Assert.False(ItemFilter.Between("t", atLeast: 0).Matches(attributes));
        Assert.False(ItemFilter.EqualTo("none", 1).Matches(attributes));
        Assert.True(ItemFilter.Not(ItemFilter.EqualTo("none", 1)).Matches(attributes));
        Assert.True(ItemFilter.EqualTo("zero", 0).Matches(attributes));
        Assert.Throws<InputException>(() => AttributeValue.Of(double.NaN));
    }
}
