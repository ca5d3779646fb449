# Reads a file in TAP with the parser of prove, and prints its counts as JSON.
use strict;
use warnings;
use TAP::Parser;

my $parser = TAP::Parser->new({ exec => ["cat", $ARGV[0]] });
my %severities = (fail => 0, error => 0, inconclusive => 0);
while (my $result = $parser->next) {
    $severities{ $result->data->{severity} } += 1 if $result->is_yaml;
}
die join("\n", $parser->parse_errors) if $parser->parse_errors;
printf "{\"tests\": %d, \"failures\": %d, \"errors\": %d, \"skipped\": %d, \"failed\": %d}\n", $parser->tests_run, $severities{fail},
    $severities{error} + $severities{inconclusive}, scalar($parser->skipped), scalar($parser->failed);
